/* report_html.c - the report as one page that opens anywhere, offline.
 *
 * Whatever policies and models said is text in it: escaped, and under a content security
 * policy that lets the page's own script and style run, by their hashes, and loads
 * nothing. Pictures and plots are data URLs of images, in which no script runs. */
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/report/report_assets.h"
#include "runner/report/report_parts.h"

#define LONG_TEXT 24 /* letters; a cell with more takes more room */

static void put_hash(FILE *f, const char *text)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX sha;
    scoped char *digits = NULL;

    SHA256Init(&sha);
    SHA256Update(&sha, (const uint8_t *)text, strlen(text));
    SHA256Final(digest, &sha);
    digits = base64_text("'sha256-", digest, sizeof(digest));
    fprintf(f, "%s'", digits);
}

static void report_html_begin(FILE *f, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "img-src data:; base-uri 'none'; form-action 'none'; style-src ",
          f);
    put_hash(f, report_css);
    fputs("; script-src ", f);
    put_hash(f, report_js);
    fputs(
        "\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
        f);
    report_escape(f, title);
    fprintf(f, "</title>\n<style>%s</style>\n</head>\n<body>\n", report_css);
}

static bool is_text(const struct table_column *c)
{
    return c->kind == TABLE_TEXT || c->kind == TABLE_HASH;
}

static void put_cell(FILE *f, const json_t *row, const struct table_column *c)
{
    const json_t *v = json_object_get(row, c->key);
    char text[64];

    if (c->kind == TABLE_TEXT && json_is_string(v)) {
        fprintf(f, "<td%s>",
                strlen(json_string_value(v)) > LONG_TEXT ? " class=\"long\"" : "");
        report_escape(f, json_string_value(v));
        fputs("</td>", f);
        return;
    }
    table_value(row, c, text, sizeof(text));
    fputs(is_text(c) ? "<td><code>" : "<td class=\"n\"", f);
    if (!is_text(c) && json_is_number(v))
        fprintf(f, " data-value=\"%.17g\">", json_number_value(v));
    else if (!is_text(c))
        fputs(" data-value=\"\">", f);
    if (!strcmp(c->key, "share") && json_is_number(v))
        fprintf(f,
                "<svg class=\"bar\" viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" "
                "aria-hidden=\"true\"><rect width=\"%.1f\" height=\"8\"/></svg>",
                json_number_value(v));
    report_escape(f, text);
    fputs(is_text(c) ? "</code></td>" : "</td>", f);
}

static void report_html_put_heading(FILE *f, int level, size_t number, const char *text)
{
    fprintf(f, "<h%d", level);
    if (number)
        fprintf(f, " id=\"run-%zu\"", number);
    fputc('>', f);
    report_escape(f, text);
    fprintf(f, "</h%d>\n", level);
}

static void report_html_put_paragraph(FILE *f, enum report_tone tone, const char *text)
{
    static const char *const begins[] = { "<p>", "<p class=\"soft\">",
                                          "<p class=\"about\">" };

    fputs(begins[tone], f);
    report_escape(f, text);
    fputs("</p>\n", f);
}

static void report_html_put_table(FILE *f, const struct table_column *columns,
                                  const json_t *rows)
{
    const struct table_column *c;
    json_t *row;
    size_t i;

    fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>", f);
    for (c = columns; c->key; c++)
        fprintf(f, "<th scope=\"col\"%s><button type=\"button\">%s</button></th>",
                is_text(c) ? "" : " class=\"n\"", c->title);
    fputs("</tr></thead><tbody>\n", f);
    json_array_foreach(rows, i, row) {
        bool is_taken = json_integer_value(json_object_get(row, "is_promoted"));
        fputs(is_taken ? "<tr class=\"taken\">" : "<tr>", f);
        for (c = columns; c->key; c++)
            put_cell(f, row, c);
        fputs("</tr>\n", f);
    }
    fputs("</tbody></table></div>\n", f);
}

static void report_html_put_facts(FILE *f, const struct report_fact *facts, int n)
{
    fputs("<dl class=\"facts\">", f);
    for (const struct report_fact *fact = facts; fact < facts + n; fact++) {
        fprintf(f, "<div%s><dt>%s</dt><dd>%s", fact->is_main ? " class=\"main\"" : "",
                fact->title, fact->text);
        if (fact->interval[0])
            fprintf(f, "<small>%s</small>", fact->interval);
        fputs("</dd></div>", f);
    }
    fputs("</dl>\n", f);
}

static void put_plots(FILE *f, const json_t *plots)
{
    json_t *one;
    size_t i;

    fputs("<div class=\"plots\">\n", f);
    json_array_foreach(plots, i, one) {
        const char *about = json_get_text(one, "about");
        if (json_get_text(one, "plot")[0]) {
            fprintf(
                f,
                "<figure><img width=\"720\" height=\"360\" alt=\"mean return against %s\" "
                "src=\"%s\"></figure>\n",
                about, json_get_text(one, "plot"));
            continue;
        }
        fprintf(f, "<p class=\"soft\">No plot against %s: ", about);
        report_escape(f, json_get_text(one, "missing"));
        fputs("</p>\n", f);
    }
    fputs("</div>\n", f);
}

static void report_html_put_diff(FILE *f, const char *text)
{
    const char *body = strstr(text, "@@");

    fputs("<details open><summary>diff</summary><pre tabindex=\"0\">", f);
    text = body ? body : text; /* without the two names */
    while (*text) {
        size_t len = strcspn(text, "\n");
        char *line = strndup(text, len);
        fprintf(f, "<span%s>",
                *text == '+'   ? " class=\"add\""
                : *text == '-' ? " class=\"del\""
                : *text == '@' ? " class=\"at\""
                               : "");
        if (line)
            report_escape(f, line);
        fputs(len ? "</span>" : " </span>", f);
        free(line);
        text += len + (text[len] == '\n');
    }
    fputs("</pre>\n</details>\n", f);
}

/* A replay that the page plays: the sheet of its frames, and what stands under each. */
static void put_player(FILE *f, const json_t *clip)
{
    static const char *const numbers[] = { "frames", "columns", "width", "height",
                                           "rate" };
    char *captions = json_dumps(json_object_get(clip, "captions"), JSON_COMPACT);
    long long n = (long long)json_integer_value(json_object_get(clip, "frames"));

    fputs("<figure class=\"player\" data-first=\"0\"", f);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        fprintf(f, " data-%s=\"%.6g\"", numbers[i], json_get_number(clip, numbers[i]));
    fputs(" data-captions=\"", f);
    report_escape(f, captions ? captions : "[]");
    fprintf(
        f,
        "\"><canvas width=\"%.0f\" height=\"%.0f\" role=\"img\" aria-label=\"replay\">"
        "</canvas><img alt=\"\" src=\"%s\"><div class=\"controls\">"
        "<button type=\"button\" class=\"play\" aria-label=\"play\">\xe2\x96\xb6</button>"
        "<button type=\"button\" data-step=\"-1\" aria-label=\"one frame back\">\xe2\x80\xb9"
        "</button><button type=\"button\" data-step=\"1\" aria-label=\"one frame on\">"
        "\xe2\x80\xba</button><input type=\"range\" min=\"0\" max=\"%lld\" value=\"0\" "
        "aria-label=\"frame\"><select aria-label=\"speed\"><option value=\"0.25\">\xc2\xbc"
        "</option><option value=\"1\" selected>1\xc3\x97</option><option value=\"4\">4\xc3\x97"
        "</option></select></div><figcaption></figcaption></figure>\n",
        json_get_number(clip, "width"), json_get_number(clip, "height"),
        json_get_text(clip, "sheet"), n - 1);
    free(captions);
}

static void put_replay(FILE *f, const json_t *clip)
{
    fputs("<div class=\"typical\">", f);
    put_player(f, clip);
    fputs("</div>\n", f);
}

static void report_html_put_failure(FILE *f, const json_t *one, const char *about)
{
    const json_t *clip = json_object_get(one, "clip");

    fputs(clip ? "<section class=\"failure pictures\">" : "<section class=\"failure\">",
          f);
    if (clip)
        put_player(f, clip);
    fputs("<div>", f);
    report_html_put_heading(f, 4, 0, json_get_text(one, "signature"));
    report_html_put_paragraph(f, REPORT_SOFT, about);
    if (clip) {
        fprintf(f,
                "<figure class=\"strip\"><div class=\"wide\" tabindex=\"0\">"
                "<img src=\"%s\" alt=\"film strip: ",
                json_get_text(one, "strip"));
        report_escape(f, json_get_text(one, "strip_caption"));
        fputs("\"></div></figure>\n", f);
    }
    fputs("</div></section>\n", f);
}

static void report_html_put_lines(FILE *f, const json_t *lines)
{
    json_t *line;
    size_t i;

    fputs("<div class=\"night\">", f);
    json_array_foreach(lines, i, line) {
        fputs("<p>", f);
        report_escape(f, json_string_value(line) ? json_string_value(line) : "");
        fputs("</p>", f);
    }
    fputs("</div>\n", f);
}

static void put_links(FILE *f, const json_t *runs)
{
    json_t *run;
    size_t i;

    fputs("<nav aria-label=\"runs\">", f);
    json_array_foreach(runs, i, run) {
        fprintf(f, "<a href=\"#run-%zu\">", i + 1);
        report_escape(f, json_get_text(run, "run"));
        fputs("</a>", f);
    }
    fputs("</nav>\n", f);
}

static void report_html_end(FILE *f)
{
    fprintf(f, "<script>%s</script>\n</body>\n</html>\n", report_js);
}

const struct report_form report_html = {
    .begin = report_html_begin,
    .end = report_html_end,
    .lines = report_html_put_lines,
    .links = put_links,
    .heading = report_html_put_heading,
    .paragraph = report_html_put_paragraph,
    .facts = report_html_put_facts,
    .table = report_html_put_table,
    .diff = report_html_put_diff,
    .failure = report_html_put_failure,
    .replay = put_replay,
    .plots = put_plots,
};
