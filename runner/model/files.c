/* files.c - the provider whose model is whoever writes the reply into a folder.
 *
 * Each request becomes NNNN-request.md, to read, and NNNN-request.json, exact (it appears
 * last). The reply is NNNN-reply.md, the assistant's text, or NNNN-reply.json, a turn
 * with tool calls (which the text may hold, too: files_reply.h); it may lie there before it
 * is asked for. NNNN-verdict.md says what came of the reply that ended an iteration, and
 * at last why the run is over. A request that lies there
 * already, to the last byte, keeps its number and its reply: that is how a run that was
 * killed goes on. */
#include "runner/brief/providers.h"
#include "base/clock.h"
#include "runner/model/files_reply.h"
#include "runner/model/files_request.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/say.h"

#define MAX_REPLY ((size_t)8 << 20) /* bytes */
#define MAX_REQUEST ((size_t)256 << 20)
#define STILL_S 0.5 /* a reply that did not grow for so long is whole */
#define POLL_NS 100000000L

struct files {
    char *folder;
    const volatile sig_atomic_t *interrupted;
    double timeout_s;
    bool is_quiet, has_said_where;
    int number;    /* of the last request; 0: none yet */
    char *verdict; /* the last one, as it stands in its file */
};

static int files_make_folders(const char *path, struct error *err)
{
    char *part = xstrdup(path);
    int result = 0;

    for (char *p = part + 1; result == 0; p++) {
        char end = *p;

        if (end != '/' && end != '\0')
            continue;
        *p = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            result = error_set(err, "%s: %s", part, strerror(errno));
        *p = end;
        if (end == '\0')
            break;
    }
    free(part);
    return result;
}

static void files_destroy(void *self)
{
    struct files *f = self;

    if (!f)
        return;
    free(f->folder);
    free(f->verdict);
    free(f);
}

static void *files_create(const struct provider_config *config, struct error *err)
{
    struct files *f;

    if (!(config->name && *config->name) && !config->folder) {
        error_set(err, "files: name a folder: --model files:FOLDER");
        return NULL;
    }
    f = xcalloc(1, sizeof(*f));
    f->folder = config->name && *config->name ? xstrdup(config->name)
                                              : xasprintf("%s/files", config->folder);
    f->interrupted = config->interrupted;
    f->timeout_s = config->timeout_s > 0 ? config->timeout_s : HUGE_VAL;
    f->is_quiet = config->is_quiet;
    if (files_make_folders(f->folder, err) != 0) {
        files_destroy(f);
        return NULL;
    }
    return f;
}

/* The number that the name starts with, or -1. */
static int files_number_of(const char *name)
{
    char *end;
    long n = strtol(name, &end, 10);

    return end - name >= 4 && *end == '-' && n >= 0 && n < 1000000000 ? (int)n : -1;
}

static bool has_content(const char *path, const char *content, size_t len)
{
    struct stat st;
    size_t got;
    char *bytes;
    bool is_same;

    if (stat(path, &st) != 0 || (size_t)st.st_size != len)
        return false;
    bytes = (char *)file_load(path, MAX_REQUEST, &got, NULL);
    is_same = bytes && got == len && memcmp(bytes, content, len) == 0;
    free(bytes);
    return is_same;
}

/* The number of the request that is there already, or else the next free one. */
static int find_number(const struct files *f, const char *json, size_t len, int *number,
                       bool *is_there, struct error *err)
{
    DIR *folder = opendir(f->folder);
    int found = -1, highest = 0;

    if (!folder)
        return error_set(err, "%s: %s", f->folder, strerror(errno));
    for (struct dirent *e; (e = readdir(folder));) {
        int n = files_number_of(e->d_name);
        char *path;

        if (n < 0 || strcmp(e->d_name + strcspn(e->d_name, "-"), "-request.json") != 0)
            continue;
        if (n > highest)
            highest = n;
        if (n <= found)
            continue;
        path = xasprintf("%s/%s", f->folder, e->d_name);
        if (has_content(path, json, len))
            found = n;
        free(path);
    }
    closedir(folder);
    *is_there = found >= 0;
    *number = found >= 0 ? found : highest + 1;
    return 0;
}

static int write_request(const struct files *f, const struct request *request, int number,
                         const char *json, size_t len, struct error *err)
{
    char *path = xasprintf("%s/%04d-request.md", f->folder, number);
    char *markdown = files_request_markdown(request, number);
    int result = files_request_images(request, f->folder, err);

    if (result == 0)
        result = file_save(path, markdown, strlen(markdown), err);
    free(path);
    path = xasprintf("%s/%04d-request.json", f->folder, number);
    if (result == 0)
        result = file_save(path, json, len, err);
    free(markdown);
    free(path);
    return result;
}

/* Nothing has changed in it for a while. */
static bool is_still(const char *path, off_t *size, double *since)
{
    struct stat st;
    double now = clock_now();
    double age;

    if (stat(path, &st) != 0 || st.st_size == 0) {
        *size = -1;
        return false;
    }
    age = clock_date() - ((double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec * 1e-9);
    if (st.st_size != *size) {
        *size = st.st_size;
        *since = now;
        return age >= STILL_S;
    }
    return now - *since >= STILL_S;
}

/* A reply that cannot be read makes room for a better one. */
static int files_refuse(const char *path, struct error *err)
{
    char *aside = xasprintf("%s.refused", path);
    struct error why = err ? *err : (struct error){ "" };

    rename(path, aside);
    error_set(err, "%s: %.600s; it was renamed to .refused: write a new one", path,
              why.text);
    free(aside);
    return -1;
}

/* 1: there is none yet; 0: taken; -1: there is one that cannot be used. A whole JSON
 * object cannot be the beginning of a longer one, so it need not be still. */
static int files_take_json(const char *path, bool is_still_, struct turn *out,
                           struct error *err)
{
    json_error_t at;
    size_t len;
    json_t *json;
    int result = 0;
    char *bytes;

    if (access(path, R_OK) != 0)
        return 1;
    bytes = (char *)file_load(path, MAX_REPLY, &len, err);
    if (!bytes)
        return files_refuse(path, err);
    json = json_loadb(bytes, len, 0, &at);
    if (!json && !is_still_)
        result = 1;
    else if (!json)
        error_set(err, "line %d: %.200s", at.line, at.text);
    if (json) {
        turn_clear(out);
        result = turn_from_json(json, out, err);
    }
    if (!json && result == 0)
        result = -1;
    json_decref(json);
    free(bytes);
    return result < 0 ? files_refuse(path, err) : result;
}

static int files_take_text(const char *path, struct turn *out, struct error *err)
{
    int result;
    size_t len;
    char *bytes = (char *)file_load(path, MAX_REPLY, &len, err);

    if (!bytes)
        return files_refuse(path, err);
    free(out->message.text);
    out->message.text = provider_clean_text(bytes, len);
    free(bytes);
    bytes = xstrdup(out->message.text);
    result = files_reply_calls(bytes, out, err);
    free(bytes);
    return result < 0 ? files_refuse(path, err) : 0;
}

static int await_reply(struct files *f, int number, struct turn *out, struct error *err)
{
    char *json_path = xasprintf("%s/%04d-reply.json", f->folder, number);
    char *text_path = xasprintf("%s/%04d-reply.md", f->folder, number);
    double start = clock_now(), json_since = 0, text_since = 0;
    off_t json_size = -1, text_size = -1;
    int result;

    for (;;) {
        result = files_take_json(json_path, is_still(json_path, &json_size, &json_since),
                                 out, err);
        if (result == 1 && json_size < 0 && is_still(text_path, &text_size, &text_since))
            result = files_take_text(text_path, out, err);
        if (result != 1)
            break;
        result = -1;
        if (f->interrupted && *f->interrupted) {
            error_set(err, "%s: interrupted while waiting for a reply", text_path);
            break;
        }
        if (clock_now() - start > f->timeout_s) {
            error_set(err, "%s: no reply within %g s", text_path, f->timeout_s);
            break;
        }
        if (!f->has_said_where && !f->is_quiet)
            say_to(stderr, "files: waiting for %s or .json\n", text_path);
        f->has_said_where = true;
        nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
    }
    free(json_path);
    free(text_path);
    return result;
}

static int files_ask(void *self, const struct request *request, struct turn *out,
                     struct error *err)
{
    struct files *f = self;
    json_t *json = files_request_json(request);
    char *text = json_dumps(json, JSON_INDENT(1));
    double start = clock_now();
    bool is_there = false;
    int number = 0, result = -1;

    turn_init(out);
    out->usage.n_tries = 1;
    if (!text)
        error_set(err, "files: the request cannot be written as JSON");
    else
        result = find_number(f, text, strlen(text), &number, &is_there, err);
    f->number = result == 0 ? number : f->number;
    if (result == 0 && !is_there)
        result = write_request(f, request, number, text, strlen(text), err);
    if (result == 0)
        result = await_reply(f, number, out, err);
    if (out->usage.seconds <= 0)
        out->usage.seconds = clock_now() - start;
    if (out->usage.n_tries < 1)
        out->usage.n_tries = 1;
    free(text);
    json_decref(json);
    return result;
}

/* What came of it, beside the request that it answered: nobody has to wait for the next
 * request, which may never come. */
static void files_tell(void *self, json_t *news)
{
    struct files *f = self;
    const char *over = json_string_value(json_object_get(news, "over"));
    double after = json_number_value(json_object_get(news, "dev_after"));
    double before = json_number_value(json_object_get(news, "dev_before"));
    char *path = xasprintf("%s/%04d-verdict.md", f->folder, f->number), *text;

    if (over)
        text = xasprintf("%sThe run is over: %s.\n", f->verdict ? f->verdict : "", over);
    else
        text = xasprintf("# Iteration %lld: %s\n\n%s\n\n%s\n\n",
                         (long long)json_integer_value(json_object_get(news, "iteration")),
                         json_get_text(news, "verdict"), json_get_text(news, "why"),
                         json_is_true(json_object_get(news, "promoted"))
                             ? "It is the current policy now."
                             : "The current policy stays.");
    if (!over && json_is_number(json_object_get(news, "dev_after"))) {
        char *longer = xasprintf("%sDev mean %.6g, before %.6g.\n\n", text, after, before);
        free(text);
        text = longer;
    }
    if (f->number > 0)
        file_save(path, text, strlen(text), NULL);
    free(f->verdict);
    f->verdict = text;
    free(path);
}

const struct provider_kind files_provider = {
    .name = "files",
    .about = "each request is a file in a folder, its reply the file beside it",
    .argument = "FOLDER",
    .argument_is_local = true,
    .create = files_create,
    .destroy = files_destroy,
    .ask = files_ask,
    .tell = files_tell,
};
