/* recorder.c - a session of a provider, kept as JSON lines, to be played again. */
#include "runner/model/recorder.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/say.h"
#include "base/scoped.h"
#include "runner/model/model.h"
#include "runner/model/session_file.h"

struct recorder {
    struct provider_kind kind; /* the inner one's, but for what a recorder does */
    struct provider inner;
    char *path;
    int fd;
    json_t *turns;     /* of the iterations that have no outcome yet */
    int64_t iteration; /* the last one with an outcome; -1: none */
    bool is_broken;    /* a line could not be written: no end is said */
};

void recorder_hash(const struct request *request, char out[17])
{
    const char *text = "";

    for (int i = 0; i < request->n_messages; i++)
        if (request->messages[i].role == ROLE_USER)
            text = request->messages[i].text;
    snprintf(out, 17, "%016llx", (unsigned long long)XXH3_64bits(text, strlen(text)));
}

/* One write a line, so that a kill leaves whole lines and at most one that is cut. */
static int append_line(struct recorder *r, json_t *line, struct error *err)
{
    char *text = json_dumps(line, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    int result = 0;

    if (!text)
        return error_set(err, "%s: a turn cannot be written as JSON", r->path);
    text[len] = '\n'; /* in place of the NUL */
    if (write(r->fd, text, len + 1) != (ssize_t)(len + 1) || fsync(r->fd) != 0)
        result = error_set(err, "%s: %s", r->path,
                           errno ? strerror(errno) : "written only in part");
    free(text);
    return result;
}

static int write_header(struct recorder *r, const struct recorder_header *header,
                        struct error *err)
{
    char when[32];
    scoped char *model = header->model ? provider_shown(header->model) : NULL;
    json_t *line;
    int result;

    text_utc(time(NULL), when);
    line = json_pack("{s:i, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:O*}", "ratchet_session",
                     SESSION_FORMAT, "when", when, "ratchet", RATCHET_VERSION, "provider",
                     r->inner.kind->name, "model", model, "brief_format",
                     header->brief_format, "notes", header->notes, "run", header->run);
    if (!line)
        return error_set(err, "%s: the session's header is not UTF-8", r->path);
    result = append_line(r, line, err);
    json_decref(line);
    return result;
}

/* Leaves the file at the end of its last whole line. -1 when it cannot be written. */
static int cut_last_line(struct recorder *r, off_t *size, struct error *err)
{
    struct stat st;
    char byte = '\n';

    if (fstat(r->fd, &st) != 0)
        return error_set(err, "%s: %s", r->path, strerror(errno));
    *size = st.st_size;
    while (*size > 0 && pread(r->fd, &byte, 1, *size - 1) == 1 && byte != '\n')
        --*size;
    if (*size != st.st_size) {
        say_to(stderr, "%s: the last line was cut short and is dropped\n", r->path);
        if (ftruncate(r->fd, *size) != 0)
            return error_set(err, "%s: %s", r->path, strerror(errno));
    }
    return 0;
}

static void recorder_destroy(void *self)
{
    struct recorder *r = self;

    if (!r)
        return;
    if (r->inner.kind)
        r->inner.kind->destroy(r->inner.self);
    if (r->fd >= 0)
        close(r->fd);
    json_decref(r->turns);
    free(r->path);
    free(r);
}

/* A turn that cannot be kept is no turn: the caller would go on with what is lost. */
static int recorder_ask(void *self, const struct request *request, struct turn *out,
                        struct error *err)
{
    struct recorder *r = self;
    char hash[17];
    json_t *line;
    int result = r->inner.kind->ask(r->inner.self, request, out, err);

    if (result != 0)
        return result;
    recorder_hash(request, hash);
    line = json_pack("{s:s, s:i, s:i, s:o}", "request", hash, "iteration",
                     request->iteration, "turn", request->turn, "reply",
                     turn_to_json(out));
    result = append_line(r, line, err);
    session_put_turn(r->turns, line);
    json_decref(line);
    r->is_broken |= result != 0;
    if (result != 0)
        out->is_final_error = true;
    return result;
}

static struct recorder *recorder_of(const struct provider *p)
{
    return p->kind && p->kind->ask == recorder_ask ? p->self : NULL;
}

int recorder_outcome(struct provider *p, json_t *outcome, struct error *err)
{
    struct recorder *r = recorder_of(p);
    int64_t iteration = json_integer_value(json_object_get(outcome, "iteration"));
    char replies[65];
    json_t *line;
    int result;

    if (!r || r->is_broken || iteration <= r->iteration)
        return 0;
    session_replies(r->turns, iteration, replies);
    line = json_pack("{s:O, s:s}", "outcome", outcome, "replies", replies);
    result = append_line(r, line, err);
    json_decref(line);
    r->is_broken |= result != 0;
    r->iteration = iteration;
    json_array_clear(r->turns);
    return result;
}

int recorder_end(struct provider *p, json_t *end, struct error *err)
{
    struct recorder *r = recorder_of(p);
    json_t *line;
    int result;

    if (!r)
        return 0;
    if (r->is_broken)
        return error_set(err, "%s: lines of it are missing, so it gets no end", r->path);
    line = json_pack("{s:O}", "end", end);
    result = append_line(r, line, err);
    json_decref(line);
    return result;
}

/* What the loop says to the one that is recorded. */
static void recorder_progress(void *self, const char *purpose, int done, int n)
{
    const struct recorder *r = self;

    r->inner.kind->progress(r->inner.self, purpose, done, n);
}

static void recorder_tell(void *self, json_t *news)
{
    const struct recorder *r = self;

    r->inner.kind->tell(r->inner.self, news);
}

static bool recorder_take_cancelled(void *self)
{
    const struct recorder *r = self;

    return r->inner.kind->take_cancelled(r->inner.self);
}

static const volatile sig_atomic_t *recorder_interrupted(void *self)
{
    const struct recorder *r = self;

    return r->inner.kind->interrupted(r->inner.self);
}

/* Where a session that is there already stands; it must be of the same run. */
static int catch_up(struct recorder *r, const struct recorder_header *header,
                    struct error *err)
{
    const char *mine = json_string_value(json_object_get(header->run, "salt_sha256"));
    struct session_file old;
    const char *its;
    json_t *line;
    size_t i;
    int status = session_file_load(&old, r->path, err);

    its = json_string_value(session_file_run(&old, "salt_sha256"));
    if (status == 0 && old.end)
        status = error_set(err, "%s: this session has ended; name another file", r->path);
    else if (status == 0 && mine && its && strcmp(mine, its))
        status = error_set(err, "%s: the session of another run; name another file",
                           r->path);
    json_array_foreach(old.outcomes, i, line)
        r->iteration = json_integer_value(
            json_object_get(json_object_get(line, "outcome"), "iteration"));
    json_array_foreach(old.turns, i, line)
        if (json_integer_value(json_object_get(line, "iteration")) > r->iteration)
            json_array_append(r->turns, line);
    session_file_clear(&old);
    return status;
}

int recorder_wrap(struct provider *p, const char *path,
                  const struct recorder_header *header, bool is_resumed,
                  struct error *err)
{
    struct recorder *r = xcalloc(1, sizeof(*r));
    off_t size = 0;

    r->path = xstrdup(path);
    r->turns = json_array();
    r->iteration = -1;
    r->fd = open(
        path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (is_resumed ? 0 : O_EXCL), 0644);
    if (r->fd < 0) {
        error_set(err,
                  errno == EEXIST ? "%s: %s; sessions are not overwritten, name another "
                                    "file"
                                  : "%s: %s",
                  path, strerror(errno));
        goto failed;
    }
    if (cut_last_line(r, &size, err) != 0 || (size && catch_up(r, header, err) != 0))
        goto failed;
    r->inner = *p;
    if (size == 0 && write_header(r, header, err) != 0) {
        r->inner.kind = NULL; /* still the caller's */
        goto failed;
    }
    r->kind = *r->inner.kind;
    r->kind.ask = recorder_ask;
    r->kind.destroy = recorder_destroy;
    r->kind.is_sealed = NULL; /* asked of the inner one before */
    r->kind.progress = r->kind.progress ? recorder_progress : NULL;
    r->kind.tell = r->kind.tell ? recorder_tell : NULL;
    r->kind.take_cancelled = r->kind.take_cancelled ? recorder_take_cancelled : NULL;
    r->kind.interrupted = r->kind.interrupted ? recorder_interrupted : NULL;
    p->kind = &r->kind;
    p->self = r;
    return 0;

failed:
    recorder_destroy(r);
    return -1;
}
