/* recorded.c - the provider that plays the replies of an earlier session again, in order.
 *
 * The format is recorder.h's. Replies are matched by their order alone: what is asked may
 * differ from what was asked then, and nothing about the outcome is stored. */
#include "runner/model/providers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/mcp.h"
#include "runner/model/whole_file.h"
#include "runner/record/say.h"

#define MAX_SESSION ((size_t)256 << 20) /* bytes */

struct recorded {
    char *path;
    json_t *replies; /* array of turns */
    size_t position;
    bool is_begun;
};

static bool recorded_is_usable(char *why, size_t why_size)
{
    (void)why, (void)why_size;
    return true;
}

static void recorded_destroy(void *self)
{
    struct recorded *r = self;

    if (!r)
        return;
    free(r->path);
    json_decref(r->replies);
    free(r);
}

static int check_header(const struct recorded *r, const json_t *line, struct error *err)
{
    const json_t *version = json_object_get(line, "ratchet_session");

    if (!json_is_integer(version))
        return error_set(err,
                         "%s: not a recorded session (its first line has no "
                         "\"ratchet_session\")",
                         r->path);
    if (json_integer_value(version) != 1)
        return error_set(err, "%s: a session of format %lld, this program reads 1",
                         r->path, (long long)json_integer_value(version));
    return 0;
}

static int check_reply(const struct recorded *r, const json_t *line, int number,
                       struct error *err)
{
    struct turn turn;
    struct error why;
    int result = -1;

    if (turn_from_json(json_object_get(line, "reply"), &turn, &why) != 0)
        error_set(err, "%s: line %d: %.700s", r->path, number, why.text);
    else
        result = 0;
    turn_clear(&turn);
    return result;
}

/* One line without its end. */
static int read_line(struct recorded *r, const char *text, size_t len, int number,
                     struct error *err)
{
    json_error_t at;
    json_t *line = json_loadb(text, len, 0, &at);
    int result;

    if (!line)
        return error_set(err, "%s: line %d: %.200s", r->path, number, at.text);
    if (number == 1) {
        result = check_header(r, line, err);
    } else {
        result = check_reply(r, line, number, err);
        json_array_append(r->replies, json_object_get(line, "reply"));
    }
    json_decref(line);
    return result;
}

static int read_session(struct recorded *r, const char *bytes, size_t len, bool is_quiet,
                        struct error *err)
{
    const char *at = bytes, *end = bytes + len;

    for (int number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (!stop && number > 1 &&
            read_line(r, at, (size_t)(end - at), number, NULL) != 0) {
            if (!is_quiet)
                say_to(stderr, "%s: line %d was cut short and is left out\n", r->path,
                       number);
            return 0;
        }
        if (!stop && number > 1)
            return 0;
        if (!stop)
            stop = end;
        if (stop == at && number > 1) {
            at = stop + 1; /* an empty line of whoever edited the file */
            continue;
        }
        if (read_line(r, at, (size_t)(stop - at), number, err) != 0)
            return -1;
        at = stop + 1;
    }
    return 0;
}

static void *recorded_create(const struct provider_config *config, struct error *err)
{
    struct recorded *r;
    size_t len;
    char *bytes;

    if (!config->name || !*config->name) {
        error_set(err, "recorded: name the session's file: --model recorded:FILE");
        return NULL;
    }
    bytes = file_read(config->name, MAX_SESSION, &len, err);
    if (!bytes)
        return NULL;
    r = xcalloc(1, sizeof(*r));
    r->path = xstrdup(config->name);
    r->replies = json_array();
    if (len == 0)
        error_set(err, "%s: empty, not a recorded session", r->path);
    if (len == 0 || read_session(r, bytes, len, config->is_quiet, err) != 0) {
        recorded_destroy(r);
        r = NULL;
    }
    free(bytes);
    return r;
}

static int recorded_ask(void *self, const struct request *request, struct turn *out,
                        struct error *err)
{
    struct recorded *r = self;
    const json_t *reply;

    turn_init(out);
    if (!r->is_begun && request->n_before > 0)
        r->position = (size_t)request->n_before;
    r->is_begun = true;
    reply = json_array_get(r->replies, r->position);
    if (!reply) {
        out->is_over = out->is_final_error = true;
        return error_set(err, "the recorded session is over (%zu replies)",
                         json_array_size(r->replies));
    }
    turn_clear(out);
    if (turn_from_json(reply, out, err) != 0)
        return -1;
    r->position++;
    return 0;
}

const struct provider_kind recorded_provider = {
    .name = "recorded",
    .about = "the replies of an earlier session again, in order; no network",
    .argument = "FILE",
    .is_usable = recorded_is_usable,
    .create = recorded_create,
    .destroy = recorded_destroy,
    .ask = recorded_ask,
    .most_turns = MCP_MOST_TURNS, /* whoever it was */
};
