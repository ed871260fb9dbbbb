/* nightly.c - one night: regression cases, improvement, freeze, report.
 *
 * A night runs the commands that a person would run, each as a process of its own: what
 * crashes, hangs or uses up its memory takes one task of the night with it and no other,
 * a time limit can be enforced from outside, and to go on after a reboot is what the
 * commands do anyway (`improve --resume`). The state, saved after every stage, is the
 * summary so far. */
#include "runner/experiment/nightly.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/say.h"
#include "base/scoped.h"
#include "base/text.h"

#define MOST_STATE (16u << 20) /* bytes */
#define REPORT_S 1800.0
#define HOOK_S 600.0

static int save_state(const struct night *n, const char *name, struct error *err)
{
    scoped char *path = xasprintf("%s/%s.json", n->folder, name);

    return json_to_file(path, n->state, err);
}

/* A name for a new night: its date, and a number where that date had one. */
static char *choose_name(const struct night *n)
{
    char today[32] = "night", *name = NULL;
    time_t now = night_now(n);
    struct tm tm;

    if (localtime_r(&now, &tm)) /* a night is called as those call it who slept */
        strftime(today, sizeof(today), "%Y-%m-%d", &tm);
    for (int i = 1; !name; i++) {
        scoped char *path = NULL;
        name = i == 1 ? xstrdup(today) : xasprintf("%s-%d", today, i);
        path = xasprintf("%s/%s.json", n->folder, name);
        if (access(path, F_OK) == 0) {
            free(name);
            name = NULL;
        }
    }
    return name;
}

/* The night that was cut short, or a new one. */
static int open_state(struct night *n, struct error *err)
{
    scoped char *path = xasprintf("%s/night.json", n->folder), *text = NULL;
    char *name, now[32];
    size_t len;
    int status = 0;

    night_time(n, now);
    if (access(path, F_OK) == 0) {
        text = (char *)file_load(path, MOST_STATE, &len, err);
        n->state = text ? json_loadb(text, len, 0, NULL) : NULL;
        if (!json_is_string(json_object_get(n->state, "night")) ||
            !json_is_array(json_object_get(n->state, "tasks"))) {
            status = text ? error_set(err, "%s: damaged; remove it to begin a new night",
                                      path)
                          : -1;
        } else {
            json_t *times = json_object_get(n->state, "resumed");
            json_object_set_new(n->state, "resumed",
                                json_integer(json_integer_value(times) + 1));
            night_say(n, "the night of %s goes on",
                      json_string_value(json_object_get(n->state, "night")));
        }
    } else {
        name = choose_name(n);
        n->state = json_pack("{s:s, s:s, s:i, s:[]}", "night", name, "started", now,
                             "resumed", 0, "tasks");
        night_say(n, "the night of %s begins", name);
        free(name);
    }
    return status;
}

/* The part of a task in the state, made when it is new. Borrowed. */
static json_t *task_row(struct night *n, const struct night_task *t)
{
    json_t *tasks = json_object_get(n->state, "tasks"), *row;
    size_t i;

    json_array_foreach(tasks, i, row) {
        const char *name = json_string_value(json_object_get(row, "name"));
        if (name && !strcmp(name, t->name))
            return row;
    }
    row = json_pack("{s:s, s:s, s:[], s:[]}", "name", t->name, "task", t->task, "done",
                    "broken");
    json_array_append_new(tasks, row);
    return row;
}

/* A stage of a task, unless the state has it done already. Nothing once interrupted. */
static int stage(struct night *n, const struct night_task *t, const char *name,
                 void (*run)(struct night *n, const struct night_task *t, json_t *row),
                 struct error *err)
{
    json_t *row = task_row(n, t), *done = json_object_get(row, "done"), *one;
    size_t i;

    json_array_foreach(done, i, one) {
        if (json_is_string(one) && !strcmp(json_string_value(one), name))
            return 0;
    }
    if (*n->interrupted)
        return error_set(err, "interrupted; `ratchet nightly` goes on with this night");
    json_object_set_new(row, "stage", json_string(name));
    if (save_state(n, "night", err) != 0)
        return -1;
    run(n, t, row);
    if (*n->interrupted)
        return error_set(err, "interrupted; `ratchet nightly` goes on with this night");
    json_array_append_new(done, json_string(name));
    return save_state(n, "night", err);
}

static int run_stages(struct night *n, struct error *err)
{
    int status = 0;

    for (int i = 0; i < n->config->n_tasks && status == 0; i++)
        status = stage(n, &n->config->tasks[i], "cases", night_cases, err);
    for (int i = 0; i < n->config->n_tasks && status == 0; i++) {
        const struct night_task *t = &n->config->tasks[i];
        status = stage(n, t, "improve", night_improve, err);
        if (status == 0)
            status = stage(n, t, "adopt", night_adopt, err);
        if (status == 0 && t->freezes)
            status = stage(n, t, "freeze", night_freeze, err);
    }
    return status;
}

static void add_line(json_t *lines, char *text)
{
    json_array_append_new(lines, json_string(text));
    free(text);
}

static void sum_up_task(json_t *lines, const json_t *row)
{
    const json_t *improve = json_object_get(row, "improve"), *freeze;
    const char *name = json_get_text(row, "name");
    double start = json_number_value(json_object_get(improve, "start_mean"));
    double best = json_number_value(json_object_get(improve, "best_mean"));

    freeze = json_object_get(row, "freeze");
    if (json_get_text(row, "error")[0])
        add_line(lines, xasprintf("%s: could not be run: %s", name,
                                  json_get_text(row, "error")));
    if (json_is_true(json_object_get(row, "is_adopted")))
        add_line(lines,
                 xasprintf("%s: better, dev mean %.1f -> %.1f; the new incumbent is %s",
                           name, start, best, json_get_text(row, "kept")));
    else if (json_get_text(row, "refused")[0])
        add_line(lines, xasprintf("%s: dev mean %.1f -> %.1f, not taken: %s", name, start,
                                  best, json_get_text(row, "refused")));
    else if (improve)
        add_line(lines, xasprintf("%s: nothing better; dev mean %.1f", name, start));
    if (freeze)
        add_line(lines,
                 xasprintf("%s: holdout mean %.1f, %+.1f against the dev seeds", name,
                           json_number_value(json_object_get(freeze, "hidden_mean")),
                           json_number_value(json_object_get(freeze, "gap"))));
}

/* What came out in lines, broken cases first, and the exit status. */
static int nightly_sum_up(struct night *n)
{
    json_t *lines = json_array(), *tasks = json_object_get(n->state, "tasks"), *row, *one;
    int status = NIGHT_FINE;
    size_t i, k;

    json_array_foreach(tasks, i, row) {
        if (json_get_text(row, "error")[0])
            status = NIGHT_FAILED;
    }
    json_array_foreach(tasks, i, row) {
        json_array_foreach(json_object_get(row, "broken"), k, one) {
            add_line(lines,
                     xasprintf("BROKEN: %s, %s: %s; %s on %s", json_get_text(row, "name"),
                               json_get_text(one, "case"),
                               json_get_text(one, "signature"), json_get_text(one, "why"),
                               json_get_text(one, "policy")));
            status = NIGHT_BROKEN;
        }
    }
    /* The worst first. */
    for (int is_worse = 1; is_worse >= 0; is_worse--)
        json_array_foreach(tasks, i, row)
            if ((json_get_text(row, "error")[0] != '\0') == is_worse)
                sum_up_task(lines, row);
    json_object_set_new(n->state, "lines", lines);
    json_object_set_new(n->state, "status", json_integer(status));
    return status;
}

/* The night's page, beside its state. A night that gave none says so; it is no
 * failure. */
static void nightly_write_report(struct night *n, struct error *err)
{
    const char *name = json_get_text(n->state, "night");
    scoped char *state = xasprintf("%s/night.json", n->folder), *why = NULL;
    scoped char *page = xasprintf("%s/%s.html", n->folder, name);
    const char *argv[64] = { "report", "--night", state, "--output", page };
    json_t *row, *out;
    size_t i, k = 5;
    int status;

    json_array_foreach(json_object_get(n->state, "tasks"), i, row) {
        if (json_object_get(row, "improve") && k < 60)
            argv[k++] = json_get_text(row, "run");
    }
    if (save_state(n, "night", err) == 0) {
        out = night_command(n, argv, REPORT_S, &status, &why);
        json_decref(out);
        if (status == 0)
            json_object_set_new(n->state, "report", json_string(page));
        else
            night_say(n, "no report: %s", why);
    }
}

static void nightly_prune(struct night *n)
{
    scoped char *mib = xasprintf("%d", n->config->disk_mib), *why = NULL;
    const char *const argv[] = { "prune", "--mib", mib, "--json", NULL };
    int status;
    json_t *out;

    if (n->config->disk_mib > 0) {
        out = night_command(n, argv, REPORT_S, &status, &why);
        if (out)
            json_object_set(n->state, "pruned", json_object_get(out, "removed"));
        if (status != 0)
            night_say(n, "could not prune: %s", why);
        json_decref(out);
    }
}

/* The user's command, with the summary on its stdin. It changes no status. */
static void run_hook(struct night *n)
{
    const char *const argv[] = { "/bin/sh", "-c", n->config->after, NULL };
    char *summary = json_dumps(n->state, JSON_INDENT(2));
    struct child c = {
        .argv = argv, .input = summary, .timeout_s = HOOK_S, .interrupted = n->interrupted
    };
    struct child_result r;
    struct error err = { "" };

    if (n->config->after) {
        if (child_run(&c, &r, &err) != 0 || r.status != 0)
            night_say(n, "the command after the night failed: %s",
                      err.text[0] ? err.text
                      : r.is_late ? "it took too long"
                                  : r.err);
        child_result_clear(&r);
    }
    free(summary);
}

int night_run(struct night *n, struct error *err)
{
    int status = NIGHT_FAILED;
    char now[32], *path = xasprintf("%s/night.json", n->folder);
    json_t *line;
    size_t i;

    if (open_state(n, err) != 0 || run_stages(n, err) != 0)
        goto out;
    status = nightly_sum_up(n);
    night_time(n, now);
    json_object_set_new(n->state, "ended", json_string(now));
    nightly_write_report(n, err);
    nightly_prune(n);
    if (*n->interrupted || save_state(n, json_get_text(n->state, "night"), err) != 0 ||
        (unlink(path) != 0 && errno != ENOENT)) {
        if (!err->text[0])
            error_set(err, "interrupted; `ratchet nightly` goes on with this night");
        status = NIGHT_FAILED;
        goto out;
    }
    json_array_foreach(json_object_get(n->state, "lines"), i, line)
        night_say(n, "%s", json_string_value(line) ? json_string_value(line) : "");
    run_hook(n);
    night_say(n, "the night of %s is over: status %d", json_get_text(n->state, "night"),
              status);
out:
    free(path);
    return status;
}
