/* ledger_show.c - one policy or iteration of the ledger, and how two policies differ. */
#include "runner/home/ledger_show.h"
#include "runner/home/run_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/diff.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/say.h"
#include "base/scoped.h"
#include "base/table.h"
#include "runner/record/ledger/ledger_tables.h"
#include "sandbox/param.h"

/* A policy by a file's name, a hash, or RUN:ITERATION. Owned. */
struct named {
    char *source;
    char sha256[65];
    int64_t run, iteration; /* 0: not known */
};

static int find_iteration(struct opened_run *o, const char *id, const char *colon,
                          struct named *out, struct error *err)
{
    char *name = xasprintf("%.*s", (int)(colon - id), id);
    int found = run_folder_find(o->ledger, name, &o->run, err);
    const char *sha;
    json_auto_t *rows = NULL;

    free(name);
    if (found == 0)
        error_set(err, "%s: no such run; `ratchet ledger` lists them", id);
    if (found != 1)
        return -1;
    out->run = o->run.id;
    if (!number_read_whole(colon + 1, 0, INT64_MAX, &out->iteration))
        return error_set(err, "%s: \"%.40s\" is no iteration", id, colon + 1);
    rows = ledger_table(o->ledger, "iteration", o->run.id, out->iteration, err);
    sha = json_string_value(json_object_get(json_array_get(rows, 0), "sha256"));
    if (out->iteration == 0)
        sha = o->run.start_sha256;
    if (rows && !sha)
        error_set(err, "%s: no such iteration", id);
    snprintf(out->sha256, sizeof(out->sha256), "%s", sha ? sha : "");
    ledger_run_clear(&o->run);
    return sha ? 0 : -1;
}

static int find_named(struct opened_run *o, const char *id, struct named *out,
                      struct error *err)
{
    const char *colon = strrchr(id, ':');
    int found;

    *out = (struct named){ 0 };
    if (colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1)) {
        if (find_iteration(o, id, colon, out, err) != 0)
            return -1;
    } else if (hash_is_prefix(id)) {
        found = ledger_source_find(o->ledger, id, out->sha256, err);
        if (found == 0)
            error_set(err, "%s: no policy in the ledger has this hash", id);
        if (found != 1)
            return -1;
    } else if (access(id, F_OK) == 0) {
        out->source = file_load_text(id, VM_MAX_SOURCE, err);
        return out->source ? 0 : -1;
    } else {
        return error_set(err, "%s: neither RUN:ITERATION, nor a hash, nor a file", id);
    }
    out->source = out->sha256[0] ? ledger_source_get(o->ledger, out->sha256, err)
                                 : xstrdup(""); /* a reply without a policy */
    return out->source ? 0 : -1;
}

/* A row as lines of name and value. */
static void print_fields(const json_t *row)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)row, key, value) {
        if (json_is_string(value))
            say("%-14s %s\n", key, json_string_value(value));
        else if (json_is_integer(value))
            say("%-14s %lld\n", key, (long long)json_integer_value(value));
        else if (json_is_real(value))
            say("%-14s %.8g\n", key, json_real_value(value));
    }
}

static int ledger_show_print_table(struct opened_run *o, const char *title,
                                   const char *name, int64_t run, int64_t iteration,
                                   struct error *err)
{
    json_t *rows = ledger_table(o->ledger, name, run, iteration, err);

    if (json_array_size(rows)) {
        say("\n%s\n", title);
        table_print(stdout, rows);
    }
    json_decref(rows);
    return rows ? 0 : -1;
}

static void print_diff(const char *name_a, const char *a, const char *name_b,
                       const char *b)
{
    scoped char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    diff_write(f, name_a, a, name_b, b);
    fclose(f);
    say_lines(stdout, text);
}

static int print_iteration(struct opened_run *o, int64_t run, int64_t iteration,
                           struct error *err)
{
    json_auto_t *rows = ledger_table(o->ledger, "iteration", run, iteration, err);
    const json_t *row = json_array_get(rows, 0);
    const char *parent = json_string_value(json_object_get(row, "parent_sha256"));
    const char *sha = json_string_value(json_object_get(row, "sha256"));
    scoped char *old = NULL, *new = NULL;

    if (!rows)
        return -1;
    print_fields(row);
    if (parent && sha && sha[0]) {
        old = ledger_source_get(o->ledger, parent, NULL);
        new = ledger_source_get(o->ledger, sha, NULL);
    }
    if (ledger_show_print_table(o, "model", "iteration calls", run, iteration, err) !=
            0 ||
        ledger_show_print_table(o, "episodes", "iteration episodes", run, iteration,
                                err) != 0)
        sha = NULL;
    if (old && new) {
        say("\nchange of its parent\n");
        print_diff("parent", old, "candidate", new);
    }
    return sha ? 0 : -1;
}

int ledger_show(struct opened_run *o, const char *id, struct error *err)
{
    struct named n;
    json_auto_t *rows = NULL;
    int status = 0;

    if (find_named(o, id, &n, err) != 0)
        return -1;
    if (n.run && n.iteration) {
        status = print_iteration(o, n.run, n.iteration, err);
        free(n.source);
        return status;
    }
    rows = n.sha256[0] ? ledger_source_history(o->ledger, n.sha256, err) : NULL;
    say("%s\n", n.sha256[0] ? n.sha256 : id);
    if (json_array_size(rows))
        putchar('\n');
    for (size_t i = 0; i < json_array_size(rows); i++)
        print_fields(json_array_get(rows, i));
    say("\n");
    say_lines(stdout, n.source);
    free(n.source);
    return 0;
}

int ledger_diff(struct opened_run *o, const char *a, const char *b, struct error *err)
{
    struct named x = { 0 }, y = { 0 };
    int status = -1;

    if (find_named(o, a, &x, err) == 0 && find_named(o, b, &y, err) == 0) {
        print_diff(a, x.source, b, y.source);
        status = 0;
    }
    free(x.source);
    free(y.source);
    return status;
}
