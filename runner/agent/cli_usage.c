/* cli_usage.c - what a coding agent's program says that it used, out of what it prints.
 *
 * Known are the JSON outputs of Claude Code (`claude -p --output-format json` or
 * stream-json), Codex (`codex exec --json`), Gemini CLI (`gemini -o json` or stream-json) and
 * opencode (`opencode run --format json`). All reports of a run of the command are added up.
 * Zero tokens, and no money for tokens, are what programs print that do not know. */
#include "runner/agent/cli_usage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TEXT ((size_t)4 << 20) /* bytes of a line, or of an object over several */

static int64_t cli_usage_count(const json_t *from, const char *key)
{
    const json_t *value = json_object_get(from, key);

    return !value || json_is_null(value) ? 0 : provider_count(from, key);
}

/* usd: as it is reported; NULL: it is not. */
static void cli_usage_add(struct cli_usage *u, struct usage more, const json_t *usd)
{
    struct usage *sum = &u->sum;
    double money = json_is_number(usd) ? json_number_value(usd) : NAN;

    if (more.tokens_in < 0 || more.tokens_out < 0 || more.tokens_cached < 0 ||
        more.tokens_reasoning < 0 || more.tokens_in > TOKENS_MOST ||
        more.tokens_out > TOKENS_MOST || more.tokens_in + more.tokens_out == 0)
        return;
    if (!isfinite(money) || money <= 0)
        money = NAN;
    if (!u->is_known)
        *sum = (struct usage){ 0 };
    if (sum->tokens_in + more.tokens_in > TOKENS_MOST ||
        sum->tokens_out + more.tokens_out > TOKENS_MOST)
        return;
    u->is_known = true;
    sum->tokens_in += more.tokens_in;
    sum->tokens_out += more.tokens_out;
    sum->tokens_cached += more.tokens_cached;
    sum->tokens_reasoning += more.tokens_reasoning;
    sum->usd += money;
}

/* A sum of counts, -1 where one of them is none. */
static int64_t cli_usage_sum(const json_t *from, const char *a, const char *b, const char *c)
{
    int64_t counts[] = { cli_usage_count(from, a), b ? cli_usage_count(from, b) : 0,
                         c ? cli_usage_count(from, c) : 0 };

    return counts[0] < 0 || counts[1] < 0 || counts[2] < 0 ? -1
                                                           : counts[0] + counts[1] + counts[2];
}

static void cli_usage_claude(struct cli_usage *u, const json_t *said)
{
    const json_t *from = json_object_get(said, "usage");

    cli_usage_add(u,
                  (struct usage){
                      .tokens_in = cli_usage_sum(from, "input_tokens",
                                                 "cache_creation_input_tokens",
                                                 "cache_read_input_tokens"),
                      .tokens_cached = cli_usage_count(from, "cache_read_input_tokens"),
                      .tokens_out = cli_usage_count(from, "output_tokens"),
                  },
                  json_object_get(said, "total_cost_usd"));
}

static void cli_usage_codex(struct cli_usage *u, const json_t *said)
{
    const json_t *from = json_object_get(said, "usage");

    cli_usage_add(u,
                  (struct usage){
                      .tokens_in = cli_usage_count(from, "input_tokens"),
                      .tokens_cached = cli_usage_count(from, "cached_input_tokens"),
                      .tokens_out = cli_usage_count(from, "output_tokens"),
                      .tokens_reasoning = cli_usage_count(from, "reasoning_output_tokens"),
                  },
                  NULL);
}

/* Of stream-json: thoughts are in the total alone. */
static void cli_usage_gemini_stream(struct cli_usage *u, const json_t *from)
{
    struct usage said = { .tokens_in = cli_usage_count(from, "input_tokens"),
                          .tokens_cached = cli_usage_count(from, "cached"),
                          .tokens_out = cli_usage_count(from, "output_tokens") };
    int64_t total = cli_usage_count(from, "total_tokens");

    if (said.tokens_in >= 0 && said.tokens_out >= 0 && said.tokens_in <= total &&
        said.tokens_out < total - said.tokens_in) {
        said.tokens_reasoning = total - said.tokens_in - said.tokens_out;
        said.tokens_out += said.tokens_reasoning;
    }
    cli_usage_add(u, said, NULL);
}

static void cli_usage_gemini(struct cli_usage *u, const json_t *models)
{
    const char *name;
    json_t *model;

    json_object_foreach((json_t *)models, name, model)
    {
        const json_t *from = json_object_get(model, "tokens");
        cli_usage_add(u,
                      (struct usage){
                          .tokens_in = cli_usage_count(from, "prompt"),
                          .tokens_cached = cli_usage_count(from, "cached"),
                          .tokens_out = cli_usage_sum(from, "candidates", "thoughts", NULL),
                          .tokens_reasoning = cli_usage_count(from, "thoughts"),
                      },
                      NULL);
    }
}

static void cli_usage_opencode(struct cli_usage *u, const json_t *part)
{
    const json_t *from = json_object_get(part, "tokens"),
                 *cache = json_object_get(from, "cache");
    int64_t in = cli_usage_count(from, "input"), cached = cli_usage_sum(cache, "read", "write",
                                                                        NULL);

    cli_usage_add(u,
                  (struct usage){
                      .tokens_in = in < 0 || cached < 0 ? -1 : in + cached,
                      .tokens_cached = cli_usage_count(cache, "read"),
                      .tokens_out = cli_usage_sum(from, "output", "reasoning", NULL),
                      .tokens_reasoning = cli_usage_count(from, "reasoning"),
                  },
                  json_object_get(part, "cost"));
}

static void cli_usage_said(struct cli_usage *u, const json_t *said)
{
    const char *type = json_string_value(json_object_get(said, "type"));
    const json_t *stats = json_object_get(said, "stats"), *one;
    size_t i;

    if (json_is_array(said))
        json_array_foreach(said, i, one)
            if (json_is_object(one))
                cli_usage_said(u, one);
    if (!type)
        cli_usage_gemini(u, json_object_get(stats, "models"));
    else if (!strcmp(type, "turn.completed"))
        cli_usage_codex(u, said);
    else if (!strcmp(type, "step_finish"))
        cli_usage_opencode(u, json_object_get(said, "part"));
    else if (!strcmp(type, "result") && stats)
        cli_usage_gemini_stream(u, stats);
    else if (!strcmp(type, "result"))
        cli_usage_claude(u, said);
}

static void cli_usage_parse(struct cli_usage *u)
{
    json_t *said = json_loadb((const char *)u->text.data, u->text.len, 0, NULL);

    cli_usage_said(u, said);
    json_decref(said);
    u->text.len = 0;
    u->is_object = false;
}

/* A line is whole, which begins there in the text: behind the lines of an object before it. */
static void cli_usage_line(struct cli_usage *u, size_t from)
{
    const char *line = (const char *)u->text.data + from;
    size_t n = u->text.len - from;

    if (n && line[n - 1] == '\r')
        n--;
    if (n == 1 && *line == '{')
        u->is_object = true;
    if (u->is_object ? n == 1 && *line == '}' : n > 1 && (*line == '{' || *line == '['))
        cli_usage_parse(u);
    else if (!u->is_object)
        u->text.len = 0;
}

void cli_usage_take(struct cli_usage *u, const char *bytes, size_t n)
{
    const char *end = bytes + n;

    u->text.most = MOST_TEXT;
    while (bytes < end) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *next = stop ? stop + 1 : end;
        if (!u->skips && buffer_add(&u->text, bytes, (size_t)((stop ? stop : end) - bytes)) != 0) {
            u->skips = true;
            u->is_object = false;
            u->text.len = 0;
        }
        bytes = next;
        if (!stop)
            return;
        if (!u->skips && u->text.len)
            cli_usage_line(u, u->begin);
        if (u->is_object && buffer_add(&u->text, " ", 1) != 0)
            u->is_object = false;
        u->begin = u->is_object ? u->text.len : 0;
        if (!u->is_object)
            u->text.len = 0;
        u->skips = false;
    }
}

void cli_usage_end(struct cli_usage *u)
{
    if (u->text.len)
        cli_usage_take(u, "\n", 1);
}

void cli_usage_clear(struct cli_usage *u)
{
    buffer_clear(&u->text);
    *u = (struct cli_usage){ 0 };
}
