/* api_rows.c - rows of what a server does and what its provider makes of it. */
#include "tests/api_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int api_ask_anything(struct provider *p, struct turn *out, struct error *err)
{
    return api_ask_more(p, 0, out, err);
}

int api_ask_more(struct provider *p, int n_more, struct turn *out, struct error *err)
{
    static uint8_t png[] = { 0x89, 'P', 'N', 'G' };
    struct image image = { png, sizeof(png), (char *)"the end" };
    struct tool_call calls[] = {
        { .id = (char *)"c8", .name = (char *)"run", .arguments = json_pack("{s:i}", "a", 1) },
        { .id = (char *)"c9", .name = (char *)"run", .raw = (char *)"{broken" },
    };
    struct message messages[] = {
        { .role = ROLE_SYSTEM, .text = (char *)"be brief" },
        { .role = ROLE_USER,
          .text = xasprintf("the brief%*s", n_more, ""),
          .images = &image,
          .n_images = 1 },
        { .role = ROLE_ASSISTANT, .text = (char *)"", .calls = calls, .n_calls = 2 },
        { .role = ROLE_TOOL,
          .text = (char *)"ok",
          .call_id = (char *)"c8",
          .images = &image,
          .n_images = 1 },
        { .role = ROLE_TOOL,
          .text = (char *)"ok",
          .call_id = (char *)"c9",
          .is_error = true },
    };
    struct tool_description tool = { "run", "runs it",
                                     json_pack("{s:s}", "type", "object") };
    struct request request = { .iteration = 3,
                               .turn = 2,
                               .messages = messages,
                               .n_messages = 5,
                               .tools = &tool,
                               .n_tools = 1,
                               .stable_messages = 2 };
    int result;

    result = p->kind->ask(p->self, &request, out, err);
    free(messages[1].text);
    json_decref(calls[0].arguments);
    json_decref(tool.schema);
    return result;
}

void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in: %.2000s", part, text);
}

static void assert_no_key(const struct turn *turn, const struct error *err)
{
    json_t *json = turn_to_json(turn);
    char *text = json_dumps(json, 0);

    assert_null(strstr(text, KEY));
    assert_null(strstr(err->text, KEY));
    free(text);
    json_decref(json);
}

static char *calls_text(const struct message *m)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    for (int i = 0; i < m->n_calls; i++) {
        char *arguments = m->calls[i].arguments
                              ? json_dumps(m->calls[i].arguments, JSON_COMPACT)
                              : NULL;

        fprintf(f, "%s %s %s%s;", m->calls[i].id, m->calls[i].name,
                arguments ? arguments : "raw:", arguments ? "" : m->calls[i].raw);
        free(arguments);
    }
    fclose(f);
    return text;
}

static void check_turn(const struct api_row *row, const struct turn *turn)
{
    const struct usage *u = &turn->usage;
    char *calls = calls_text(&turn->message), usage[100];

    assert_string_equal(turn->message.text, row->text ? row->text : "hello");
    assert_string_equal(calls, row->calls ? row->calls : "");
    assert_int_equal(turn->is_cut, row->is_cut);
    if (row->stop || !row->is_cut)
        assert_string_equal(turn->stop, row->stop ? row->stop : "");
    snprintf(usage, sizeof(usage), "%d %d %d %d", (int)u->tokens_in,
             (int)u->tokens_cached, (int)u->tokens_out, u->is_estimated);
    if (row->usage)
        assert_string_equal(usage, row->usage);
    free(calls);
}

/* 100,000 brackets, as an event or by themselves. */
static char *nested(const char *before)
{
    char *text = xcalloc(100100, 1);

    strcpy(text, before);
    memset(text + strlen(before), '[', 100000);
    strcat(text, "\n\n");
    return text;
}

void api_row_run(void **state)
{
    const struct api_row *row = *state;
    struct fault_reply replies[3];
    struct fault_server *server;
    struct provider_config config = {
        .timeout_s = row->total_s > 0 ? row->total_s : 5,
        .max_tries = 4,
        .connect_s = 1,
        .first_byte_s = 0.4,
        .idle_s = 0.4,
        .retry_scale = 0.01,
        .seed = 1,
        .max_tokens = row->max_tokens,
        .is_quiet = true,
    };
    struct provider p;
    struct turn turn;
    struct error err = { "" };
    int n = 0, result, n_requests = row->n_requests ? row->n_requests : 1;
    char *url, *nest = nested(row->replies[0].type == NULL ||
                                      strcmp(row->replies[0].type, SSE) == 0
                                  ? "data: {\"a\":"
                                  : "{\"a\":");
    double start;

    memcpy(replies, row->replies, sizeof(replies));
    if (replies[0].body && strcmp(replies[0].body, "NESTED") == 0)
        replies[0].body = nest;
    while (n < 3 && (replies[n].status || replies[n].body || replies[n].end))
        n++;
    server = fault_server_start(replies, n);
    url = xasprintf("http://127.0.0.1:%d", fault_server_port(server));
    setenv("OPENAI_BASE_URL", url, 1);
    setenv("ANTHROPIC_BASE_URL", url, 1);
    assert_int_equal(provider_open(&p, row->spec ? row->spec : "openai:m", config, &err),
                     0);
    start = now_s();
    result = api_ask_more(&p, row->n_more, &turn, &err);
    if (result != row->result)
        fail_msg("result %d: %s", result, err.text);
    assert_true(now_s() - start < (row->most_s > 0 ? row->most_s : 3));
    assert_true(now_s() - start >= row->least_s);
    assert_no_key(&turn, &err);
    if (result == 0)
        check_turn(row, &turn);
    else
        assert_holds(err.text, row->error);
    assert_int_equal(turn.is_final_error, row->is_final);
    assert_int_equal(fault_server_count(server), n_requests);
    assert_int_equal(turn.usage.n_tries, n_requests);
    if (row->sent)
        assert_holds(fault_server_request(server, n_requests - 1), row->sent);
    if (row->unsent)
        assert_null(strstr(fault_server_request(server, n_requests - 1), row->unsent));
    turn_clear(&turn);
    provider_clear(&p);
    fault_server_stop(server);
    free(url);
    free(nest);
}

void api_rows_begin(char folder[sizeof(OWN_HOME)])
{
    own_home_enter(folder);
    setenv("OPENAI_API_KEY", KEY, 1);
    setenv("ANTHROPIC_API_KEY", KEY, 1);
}
