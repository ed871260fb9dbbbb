/* session_file.c - a recorded session as a file of JSON lines. */
#include "runner/model/session_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "runner/brief/provider.h"
#include "runner/evaluate/seeds.h"

#define FIRST_CHANCE 2 /* format 2 began with it, and did not name it then */
#define MAX_SESSION ((size_t)256 << 20) /* bytes */

static const char *session_file_text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int check_run(const json_t *run, const char *path, struct error *err)
{
    const json_t *start = json_object_get(run, "start");
    const char *source = session_file_text_of(start, "source"),
               *sha = session_file_text_of(start, "sha256");
    char is[65];

    if (!run)
        return 0;
    if (!json_is_object(json_object_get(run, "task")) || !source || !sha ||
        !session_file_text_of(run, "salt_sha256") || !session_file_text_of(start, "name"))
        return error_set(err,
                         "%s: line 1: its \"run\" lacks a task, a start or the hash of "
                         "its salt",
                         path);
    sha256_hex(source, strlen(source), is);
    if (strcmp(is, sha))
        return error_set(err,
                         "%s: line 1: the start policy is not the one with the hash "
                         "%.16s...: it was altered",
                         path, sha);
    return 0;
}

static int read_header(struct session_file *s, json_t *line, const char *path,
                       struct error *err)
{
    const json_t *version = json_object_get(line, "ratchet_session");
    json_int_t format = json_integer_value(version);

    if (!json_is_integer(version))
        return error_set(err,
                         "%s: not a recorded session (its first line has no "
                         "\"ratchet_session\")",
                         path);
    if (format < 1 || format > SESSION_FORMAT)
        return error_set(err, "%s: a session of format %lld, this program reads 1 to %d",
                         path, (long long)format, SESSION_FORMAT);
    s->format = (int)format;
    s->header = json_incref(line);
    return format > 1 ? check_run(json_object_get(line, "run"), path, err) : 0;
}

static json_int_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

void session_put_turn(json_t *turns, json_t *line)
{
    for (size_t i = json_array_size(turns); i-- > 0;) {
        const json_t *old = json_array_get(turns, i);
        if (integer_of(old, "iteration") != integer_of(line, "iteration"))
            break;
        if (integer_of(old, "turn") == integer_of(line, "turn")) {
            json_array_set(turns, i, line);
            return;
        }
    }
    json_array_append(turns, line);
}

static int read_reply(struct session_file *s, json_t *line, const char *path, int number,
                      struct error *err)
{
    struct turn turn;
    struct error why;
    int result = -1;

    if (turn_from_json(json_object_get(line, "reply"), &turn, &why) != 0)
        error_set(err, "%s: line %d: %.700s", path, number, why.text);
    else
        result = 0;
    turn_clear(&turn);
    if (result == 0 && s->format > 1)
        session_put_turn(s->turns, line);
    else if (result == 0) /* of format 1, matched by its order alone */
        json_array_append(s->turns, line);
    return result;
}

static int read_end(struct session_file *s, json_t *end, const char *path, int number,
                    struct error *err)
{
    const char *hex = session_file_text_of(end, "salt"),
               *sha = json_string_value(session_file_run(s, "salt_sha256"));
    struct salt salt;

    if (hex && (!sha || salt_set(&salt, hex) != 0 || strcmp(salt.sha256, sha)))
        return error_set(err,
                         "%s: line %d: its salt is not the one whose hash was published "
                         "when the run started (%.16s...): one of the two was altered",
                         path, number, sha ? sha : "none");
    json_decref(s->end);
    s->end = json_incref(end);
    return 0;
}

/* One line without its end. */
static int read_line(struct session_file *s, const char *text, size_t len, int number,
                     const char *path, struct error *err)
{
    json_error_t at;
    json_t *line = json_loadb(text, len, 0, &at);
    int result = 0;

    if (!line)
        return error_set(err, "%s: line %d: %.200s", path, number, at.text);
    if (number == 1)
        result = read_header(s, line, path, err);
    else if (s->end)
        result = error_set(err, "%s: line %d: behind the session's end", path, number);
    else if (s->format > 1 && json_object_get(line, "end"))
        result = read_end(s, json_object_get(line, "end"), path, number, err);
    else if (s->format > 1 && json_object_get(line, "outcome"))
        json_array_append(s->outcomes, line);
    else
        result = read_reply(s, line, path, number, err);
    json_decref(line);
    return result;
}

static int session_file_read_lines(struct session_file *s, const char *bytes, size_t len,
                                   const char *path, struct error *err)
{
    const char *at = bytes, *end = bytes + len;

    for (int number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        if (!stop && number > 1) {
            if (read_line(s, at, (size_t)(end - at), number, path, NULL) != 0)
                s->n_cut = number;
            return 0;
        }
        if (!stop)
            stop = end;
        if (stop == at && number > 1) {
            at = stop + 1; /* an empty line of whoever edited the file */
            continue;
        }
        if (read_line(s, at, (size_t)(stop - at), number, path, err) != 0)
            return -1;
        at = stop + 1;
    }
    return 0;
}

int session_file_read(struct session_file *s, const char *bytes, size_t len,
                      const char *name, struct error *err)
{
    *s = (struct session_file){ .turns = json_array(), .outcomes = json_array() };
    return len ? session_file_read_lines(s, bytes, len, name, err)
               : error_set(err, "%s: empty, not a recorded session", name);
}

int session_file_load(struct session_file *s, const char *path, struct error *err)
{
    size_t len;
    char *bytes = (char *)file_load(path, MAX_SESSION, &len, err);
    int status = -1;

    *s = (struct session_file){ 0 };
    if (bytes)
        status = session_file_read(s, bytes, len, path, err);
    free(bytes);
    return status;
}

void session_file_clear(struct session_file *s)
{
    json_decref(s->header);
    json_decref(s->turns);
    json_decref(s->outcomes);
    json_decref(s->end);
    *s = (struct session_file){ 0 };
}

const json_t *session_file_run(const struct session_file *s, const char *key)
{
    return json_object_get(json_object_get(s->header, "run"), key);
}

int64_t session_file_chance(const struct session_file *s)
{
    const json_t *chance = session_file_run(s, "chance");

    return chance ? json_integer_value(chance) : FIRST_CHANCE;
}

const char *session_file_salt(const struct session_file *s)
{
    return session_file_text_of(s->end, "salt");
}

void session_replies(const json_t *turns, int64_t iteration, char out[65])
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    for (size_t i = 0; i < json_array_size(turns); i++) {
        const json_t *line = json_array_get(turns, i);
        char *reply;
        if (integer_of(line, "iteration") != iteration)
            continue;
        reply = json_dumps(json_object_get(line, "reply"),
                           JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        fprintf(f, "%lld %s\n", (long long)integer_of(line, "turn"), reply ? reply : "");
        free(reply);
    }
    fclose(f);
    sha256_hex(text, size, out);
    free(text);
}

int64_t session_file_altered(const struct session_file *s, char was[65], char is[65])
{
    for (size_t i = 0; i < json_array_size(s->outcomes); i++) {
        const json_t *line = json_array_get(s->outcomes, i);
        const char *replies = session_file_text_of(line, "replies");
        int64_t iteration = integer_of(json_object_get(line, "outcome"), "iteration");

        session_replies(s->turns, iteration, is);
        snprintf(was, 65, "%s", replies ? replies : is);
        if (strcmp(was, is))
            return iteration;
    }
    return 0;
}

json_t *session_run_to_json(const struct session_run *r)
{
    char sha[65];

    sha256_hex(r->start_source, strlen(r->start_source), sha);
    return json_pack("{s:O, s:i, s:i, s:{s:s, s:s, s:s}, s:s, s:I, s:i, s:O}", "task", r->task,
                     "env_version", r->env_version, "chance", r->chance, "start", "name", r->start_name,
                     "sha256", sha, "source", r->start_source, "salt_sha256",
                     r->salt_sha256, "seed", (json_int_t)r->seed, "most_turns",
                     r->most_turns, "memory", r->memory);
}
