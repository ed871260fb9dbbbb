/* report_html.c - the report as one page that opens anywhere, offline.
 *
 * Whatever policies and models said is text in it: escaped, and under a content security
 * policy that lets the page's own script and style run, by their hashes, and loads
 * nothing. Pictures and plots are data URLs of images, in which no script runs. */
#include <math.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "runner/report/report_assets.h"
#include "runner/report/report_parts.h"

#define LONG_TEXT 24 /* letters; a cell with more takes more room */

static void put_hash(FILE *f, const char *text)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA2_CTX sha;
    char *digits;

    SHA256Init(&sha);
    SHA256Update(&sha, (const uint8_t *)text, strlen(text));
    SHA256Final(digest, &sha);
    digits = base64_text("'sha256-", digest, sizeof(digest));
    fprintf(f, "%s'", digits);
    free(digits);
}

static void put_head(FILE *f, const char *title)
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

static bool is_text(const struct report_column *c)
{
    return c->kind == REPORT_TEXT || c->kind == REPORT_HASH;
}

static void put_cell(FILE *f, const json_t *row, const struct report_column *c)
{
    const json_t *v = json_object_get(row, c->key);
    char text[64];

    if (c->kind == REPORT_TEXT && json_is_string(v)) {
        fprintf(f, "<td%s>",
                strlen(json_string_value(v)) > LONG_TEXT ? " class=\"long\"" : "");
        report_escape(f, json_string_value(v));
        fputs("</td>", f);
        return;
    }
    report_value(v, c->kind, text, sizeof(text));
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

/* A column is left out when no row has anything in it. */
static bool has_column(const json_t *rows, const struct report_column *c)
{
    json_t *row;
    size_t i;

    json_array_foreach(rows, i, row) {
        const json_t *v = json_object_get(row, c->key);
        if (json_is_number(v) || (json_is_string(v) && json_string_length(v)))
            return true;
    }
    return false;
}

static void put_table(FILE *f, const struct report_table *t, const json_t *rows,
                      int level)
{
    const struct report_column *c;
    json_t *row;
    size_t i;

    if (!json_array_size(rows))
        return;
    fprintf(f, "<h%d>%s</h%d>\n", level, t->title, level);
    if (t->about)
        fprintf(f, "<p class=\"about\">%s</p>\n", t->about);
    fputs("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>", f);
    for (c = t->columns; c->key; c++)
        if (has_column(rows, c))
            fprintf(f, "<th scope=\"col\"%s><button type=\"button\">%s</button></th>",
                    is_text(c) ? "" : " class=\"n\"", c->title);
    fputs("</tr></thead><tbody>\n", f);
    json_array_foreach(rows, i, row) {
        bool is_taken = json_integer_value(json_object_get(row, "is_promoted"));
        fputs(is_taken ? "<tr class=\"taken\">" : "<tr>", f);
        for (c = t->columns; c->key; c++)
            if (has_column(rows, c))
                put_cell(f, row, c);
        fputs("</tr>\n", f);
    }
    fputs("</tbody></table></div>\n", f);
}

static void put_facts(FILE *f, const json_t *run)
{
    fputs("<dl class=\"facts\">", f);
    for (const struct report_column *c = report_facts; c->key; c++) {
        char text[64];
        bool is_gain = !strcmp(c->key, "gain");
        double low = json_get_number(run, is_gain ? "gain_low" : "best_low");
        double high = json_get_number(run, is_gain ? "gain_high" : "best_high");
        report_value(json_object_get(run, c->key), c->kind, text, sizeof(text));
        if (!text[0])
            continue;
        fprintf(f, "<div%s><dt>%s</dt><dd>%s%s", is_gain ? " class=\"main\"" : "",
                c->title, is_gain && text[0] != '-' ? "+" : "", text);
        if ((is_gain || !strcmp(c->key, "best_mean")) && isfinite(low) && isfinite(high))
            fprintf(f, "<small>%.1f to %.1f</small>", low, high);
        fputs("</dd></div>", f);
    }
    fputs("</dl>\n", f);
}

static void put_curves(FILE *f, const json_t *runs, const char *title, int level)
{
    json_t *plots = report_curves(runs), *one;
    size_t i;

    if (json_array_size(plots))
        fprintf(f, "<h%d>%s</h%d>\n<div class=\"plots\">\n", level, title, level);
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
    if (json_array_size(plots))
        fputs("</div>\n", f);
    json_decref(plots);
}

static void put_diff(FILE *f, const char *text)
{
    const char *body = strstr(text, "@@");

    fputs("<pre tabindex=\"0\">", f);
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
    fputs("</pre>\n", f);
}

static void put_promotions(FILE *f, const json_t *list)
{
    json_t *one;
    size_t i;

    if (json_array_size(list))
        fputs("<h3>What changed in each promotion</h3>\n", f);
    json_array_foreach(list, i, one) {
        double from = json_get_number(one, "dev_before"),
               to = json_get_number(one, "dev_after");
        fprintf(f, "<h4>Iteration %lld, %s: dev mean %.1f \xe2\x86\x92 %.1f</h4>\n<p>",
                (long long)json_integer_value(json_object_get(one, "iteration")),
                !strcmp(json_get_text(one, "verdict"), "simpler") ? "simpler" : "better",
                from, to);
        report_escape(f, json_get_text(one, "change"));
        fputs("</p>\n<p class=\"soft\">", f);
        report_escape(f, json_get_text(one, "why"));
        fputs("</p>\n<details open><summary>diff</summary>", f);
        put_diff(f, json_get_text(one, "diff"));
        fputs("</details>\n", f);
    }
}

/* A replay that the page plays: the sheet of its frames, and what stands under each. */
static void put_player(FILE *f, const json_t *clip, bool is_at_end)
{
    static const char *const numbers[] = { "frames", "columns", "width", "height",
                                           "rate" };
    char *captions = json_dumps(json_object_get(clip, "captions"), JSON_COMPACT);
    long long n = (long long)json_integer_value(json_object_get(clip, "frames"));

    fprintf(f, "<figure class=\"player\" data-first=\"%lld\"", is_at_end ? n - 1 : 0);
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

static void put_failure(FILE *f, const json_t *one)
{
    const json_t *clip = json_object_get(one, "clip");

    fputs(clip ? "<section class=\"failure pictures\">" : "<section class=\"failure\">",
          f);
    if (clip)
        put_player(f, clip, false);
    fputs("<div><h4>", f);
    report_escape(f, json_get_text(one, "signature"));
    fprintf(
        f,
        "</h4>\n<p class=\"soft\">%s policy; %lld times, %.4g of return lost; here dev seed "
        "%lld, step %lld, return %g</p>\n",
        json_get_text(one, "whose"),
        (long long)json_integer_value(json_object_get(one, "n")),
        json_get_number(one, "lost"),
        (long long)json_integer_value(json_object_get(one, "seed_index")),
        (long long)json_integer_value(json_object_get(one, "step")),
        json_get_number(one, "total"));
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

static void put_failures(FILE *f, const json_t *run)
{
    const json_t *list = json_object_get(run, "failures");
    const json_t *typical = json_object_get(run, "typical");
    json_t *one;
    size_t i;

    if (typical) {
        fprintf(
            f,
            "<h3>The incumbent at work</h3>\n<p class=\"about\">Dev seed %lld, return %g "
            "in %lld steps; every %lldth step is shown.</p>\n<div class=\"typical\">",
            (long long)json_integer_value(json_object_get(typical, "seed_index")),
            json_get_number(typical, "total"),
            (long long)json_integer_value(json_object_get(typical, "steps")),
            (long long)json_integer_value(json_object_get(typical, "stride")));
        put_player(f, json_object_get(typical, "clip"), false);
        fputs("</div>\n", f);
    }
    if (json_array_size(list))
        fputs(
            "<h3>Failures</h3>\n<p class=\"about\">Where return is lost, most first: the "
            "incumbent's that are left, then those that the start had.</p>\n",
            f);
    json_array_foreach(list, i, one)
        put_failure(f, one);
    if (json_get_text(run, "failures_missing")[0]) {
        fputs("<p class=\"soft\">Failures cannot be shown: ", f);
        report_escape(f, json_get_text(run, "failures_missing"));
        fputs("</p>\n", f);
    }
}

/* number 0: it is the only one, and the page bears its name. */
static void put_run(FILE *f, const json_t *run, size_t number)
{
    json_t *alone = json_array();

    if (number) {
        fprintf(f, "<h2 id=\"run-%zu\">", number);
        report_escape(f, json_get_text(run, "run"));
        fputs("</h2>\n", f);
    }
    fputs("<p class=\"soft\">Task ", f);
    report_escape(f, json_get_text(run, "task"));
    fputs(", by ", f);
    report_escape(f, json_get_text(run, "model"));
    fputs(json_is_true(json_object_get(run, "is_sealed")) ? "" : " (unsealed)", f);
    fputs("; started ", f);
    report_escape(f, json_get_text(run, "started"));
    fputs(json_get_text(run, "stop_reason")[0] ? "; stopped: " : "; still open.", f);
    report_escape(f, json_get_text(run, "stop_reason"));
    fputs("</p>\n", f);
    put_facts(f, run);
    json_array_append(alone, (json_t *)(uintptr_t)run);
    put_curves(f, alone, "Learning curves", 3);
    json_decref(alone);
    for (const struct report_table *t = report_run_tables; t->key; t++) {
        bool is_first = t == report_run_tables;
        put_table(f, t, json_object_get(run, t->key), 3);
        if (is_first) {
            put_promotions(f, json_object_get(run, "promotions"));
            put_failures(f, run);
        }
    }
}

static void put_night(FILE *f, const json_t *night)
{
    json_t *line;
    size_t i;

    if (!night)
        return;
    fputs("<div class=\"night\">", f);
    json_array_foreach(json_object_get(night, "lines"), i, line) {
        fputs("<p>", f);
        report_escape(f, json_string_value(line) ? json_string_value(line) : "");
        fputs("</p>", f);
    }
    fputs("</div>\n", f);
}

static void put_overview(FILE *f, const json_t *report)
{
    const json_t *runs = json_object_get(report, "runs");
    json_t *run;
    size_t i;

    if (json_array_size(runs) < 2)
        return;
    fputs("<nav aria-label=\"runs\">", f);
    json_array_foreach(runs, i, run) {
        fprintf(f, "<a href=\"#run-%zu\">", i + 1);
        report_escape(f, json_get_text(run, "run"));
        fputs("</a>", f);
    }
    fputs("</nav>\n", f);
    for (const struct report_table *t = report_all_tables; t->key; t++)
        put_table(f, t, json_object_get(report, t->key), 3);
    json_array_foreach(runs, i, run) {
        const char *task = json_get_text(run, "task");
        json_t *same = json_array(), *other;
        size_t k;
        bool is_first = true;
        json_array_foreach(runs, k, other) {
            if (strcmp(json_get_text(other, "task"), task))
                continue;
            is_first = is_first && k >= i;
            json_array_append(same, other);
        }
        if (is_first && json_array_size(same) > 1)
            put_curves(f, same, "Learning curves compared", 3);
        json_decref(same);
    }
}

char *report_html(const json_t *report)
{
    const json_t *runs = json_object_get(report, "runs");
    const char *name = json_get_text(json_array_get(runs, 0), "run");
    char *text = NULL;
    char *title = json_array_size(runs) == 1
                      ? xasprintf("ratchet: %s", name)
                      : xasprintf("ratchet: %zu runs", json_array_size(runs));
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    json_t *run;

    put_head(f, title);
    put_night(f, json_object_get(report, "night"));
    fputs("<h1>", f);
    report_escape(f, title);
    fputs(
        "</h1>\n<p class=\"soft\">Every score is the harness's own: it played each action "
        "again.</p>\n",
        f);
    put_overview(f, report);
    json_array_foreach(runs, i, run)
        put_run(f, run, json_array_size(runs) == 1 ? 0 : i + 1);
    fprintf(f, "<script>%s</script>\n</body>\n</html>\n", report_js);
    fclose(f);
    free(title);
    return text;
}
