/* nightly_task.c - a task's part of a night: cases, improvement, what is kept of it,
 * freeze.
 *
 * logs/nightly/NAME/ holds best.lua, the incumbent over all nights; cases/, what they
 * won; policy.sha256, the user's policy that it came from; and a folder for every night's
 * run. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "base/places.h"
#include "base/scoped.h"
#include "runner/experiment/nightly.h"
#include "runner/experiment/run_options.h"
#include "runner/home/opened_run.h"
#include "runner/record/task.h"

#define CASES_S 3600.0
#define IMPROVE_S (24 * 3600.0) /* where the budget has no minutes */
#define GRACE_S 900.0           /* for an iteration to end, beyond the budget */
#define FREEZE_S 7200.0
#define MOST_CASE (64u << 20) /* bytes of a file */

/* What was ended with us is no failure: the next call goes on with it. */
static void nightly_task_fail(struct night *n, json_t *row, const char *what,
                              const char *why)
{
    scoped char *text = xasprintf("%s: %s", what, why[0] ? why : "it gave no reason");
    json_t *json = *n->interrupted ? NULL : json_string(text);

    if (*n->interrupted)
        return;
    night_say(n, "%s: %s", json_get_text(row, "name"), text);
    json_object_set_new(row, "error", json ? json : json_string(what));
}

static char *nightly_task_path_of(const struct night *n, const struct night_task *t,
                                  const char *name)
{
    return xasprintf("%s/%s%s%s", n->folder, t->name, name[0] ? "/" : "", name);
}

/* The hash of a file, "" when it cannot be read. */
static void hash_file(const char *path, char sha[65])
{
    size_t len;
    scoped uint8_t *bytes = file_load(path, MOST_CASE, &len, NULL);

    sha[0] = '\0';
    if (bytes)
        sha256_hex(bytes, len, sha);
}

static bool has_changed(const struct night *n, const struct night_task *t)
{
    scoped char *path = nightly_task_path_of(n, t, "policy.sha256");
    char sha[65];
    size_t len;
    scoped char *known = (char *)file_load(path, 128, &len, NULL);

    hash_file(t->policy, sha);
    return !known || strncmp(known, sha, 64);
}

static void remember_policy(const struct night *n, const struct night_task *t)
{
    scoped char *path = nightly_task_path_of(n, t, "policy.sha256");
    char sha[65];

    hash_file(t->policy, sha);
    file_save(path, sha, strlen(sha), NULL);
}

/* The policy that this night begins with: the user's when it is new or was changed since,
 * else the incumbent of earlier nights, else what is shipped. NULL: `improve` finds
 * one. */
static char *nightly_task_find_policy(const struct night *n, const struct night_task *t)
{
    char *best = nightly_task_path_of(n, t, "best.lua");

    if (t->policy && (access(best, F_OK) != 0 || has_changed(n, t))) {
        free(best);
        return xstrdup(t->policy);
    }
    if (access(best, F_OK) == 0)
        return best;
    free(best);
    return find_shipped("%s/learned.lua", t->task);
}

/* Cases of a folder on a policy. The failing ones are added to `broken`; the rest is
 * counted in `sums`. -1 when they could not be run. */
static int run_cases(struct night *n, const struct night_task *t, const char *folder,
                     const char *policy, json_t *broken, json_t *sums, char **why)
{
    static const char *const counts[] = { "passed", "failed", "stale" };
    char *jobs = xasprintf("%d", n->config->jobs);
    const char *argv[] = { "test", t->task,  "--cases", folder, "--policy",
                           policy, "--json", "--jobs",  jobs,   NULL };
    json_t *out, *one;
    size_t i;
    int status;

    if (access(folder, F_OK) != 0) {
        free(jobs);
        return 0;
    }
    out = night_command(n, argv, CASES_S, &status, why);
    free(jobs);
    if (!json_is_array(json_object_get(out, "cases")) || (status != 0 && status != 1)) {
        json_decref(out);
        return -1;
    }
    for (size_t k = 0; k < 3; k++)
        json_object_set_new(
            sums, counts[k],
            json_integer(json_integer_value(json_object_get(sums, counts[k])) +
                         json_integer_value(json_object_get(out, counts[k]))));
    json_array_foreach(json_object_get(out, "cases"), i, one) {
        if (!strcmp(json_get_text(one, "state"), "failed"))
            json_array_append(broken, one);
    }
    json_decref(out);
    return 0;
}

/* The user's cases and those that nights won. */
static int run_suite(struct night *n, const struct night_task *t, const char *policy,
                     json_t *broken, json_t *sums, char **why)
{
    scoped char *won = nightly_task_path_of(n, t, "cases");
    int status = run_cases(n, t, won, policy, broken, sums, why);

    if (status == 0 && t->cases) {
        free(*why);
        *why = NULL;
        status = access(t->cases, F_OK) == 0
                     ? run_cases(n, t, t->cases, policy, broken, sums, why)
                     : (*why = xasprintf("%s: no such folder of cases", t->cases), -1);
    }
    return status;
}

void night_cases(struct night *n, const struct night_task *t, json_t *row)
{
    scoped char *policy = nightly_task_find_policy(n, t);
    char *why = NULL;
    scoped char *folder = nightly_task_path_of(n, t, "");
    json_t *broken = json_array(), *sums = json_object();
    struct error err = { "" };

    if (file_make_folder(folder, &err) != 0)
        nightly_task_fail(n, row, "its folder", err.text);
    if (policy)
        json_object_set_new(row, "policy", json_string(policy));
    if (policy && run_suite(n, t, policy, broken, sums, &why) != 0)
        nightly_task_fail(n, row, "its cases", why ? why : "");
    json_object_set_new(row, "broken", broken);
    json_object_set_new(row, "cases", sums);
    if (json_array_size(broken))
        night_say(n, "%s: %zu cases are broken on %s", t->name, json_array_size(broken),
                  policy);
    free(why);
}

/* Its own keys, and its budget as keys. */
static void add_settings(struct words *w, const struct night_task *t)
{
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach(t->set, i, value)
        words_add(w, json_string_value(value));
    json_object_foreach(t->budget, key, value) {
        if (json_is_integer(value))
            words_addf(w, "%s=%lld", key, (long long)json_integer_value(value));
        else
            words_addf(w, "%s=%.17g", key, json_number_value(value));
    }
}

static double improve_limit(const struct night_task *t)
{
    double minutes = json_number_value(json_object_get(t->budget, "minutes"));

    return minutes > 0 ? 60 * minutes + GRACE_S : IMPROVE_S;
}

void night_improve(struct night *n, const struct night_task *t, json_t *row)
{
    const struct night_config *config = n->config;
    char *folder = nightly_task_path_of(n, t, json_get_text(n->state, "night")),
         *why = NULL;
    const char *policy = json_get_text(row, "policy");
    struct run_options run = { .model = (char *)t->model,
                               .policy = policy[0] ? (char *)policy : NULL,
                               .out = folder,
                               .resume = run_exists(folder, NULL) == 1 };
    struct setup setup = { .json = 1,
                           .jobs = config->jobs,
                           .engine = (char *)config->engine,
                           .shared = (char *)config->shared,
                           .shards = config->shards };
    struct words set = { 0 }, words = { 0 };
    json_auto_t *out = NULL;
    int status;

    if (json_get_text(row, "error")[0])
        goto out;
    json_object_set_new(row, "run", json_string(folder));
    add_settings(&set, t);
    setup.set = (char **)set.list;
    run_words(&words, t->task, &run, &setup);
    night_say(n, "%s: improvement %s in %s", t->name, run.resume ? "goes on" : "begins",
              folder);
    out = night_command(n, words.list, improve_limit(t), &status, &why);
    if (status == 0 && json_is_object(out))
        json_object_set(row, "improve", out);
    else
        nightly_task_fail(n, row, "improvement", why ? why : "");
out:
    words_clear(&words);
    words_clear(&set);
    free(why);
    free(folder);
}

/* The run's cases join those that earlier nights won, named by the night. */
static int keep_cases(struct night *n, const struct night_task *t, const char *run,
                      struct error *err)
{
    scoped char *from = xasprintf("%s/cases", run),
                *to = nightly_task_path_of(n, t, "cases");
    DIR *d = opendir(from);
    const struct dirent *entry;
    int status = file_make_folder(to, err);

    while (d && status == 0 && (entry = readdir(d))) {
        size_t len = strlen(entry->d_name);
        char *path;
        scoped char *name = NULL;
        json_t *json;
        if (entry->d_name[0] == '.' || !text_ends_with(entry->d_name, ".json"))
            continue;
        path = xasprintf("%s/%s", from, entry->d_name);
        json = json_from_file(path, 0, NULL);
        free(path);
        name = xasprintf("%s-%.*s", json_get_text(n->state, "night"), (int)len - 5,
                         entry->d_name);
        json_object_set_new(json, "name", json_string(name));
        path = xasprintf("%s/%s.json", to, name);
        status = json ? json_to_file(path, json, err)
                      : error_set(err, "%s/%s: a damaged case", from, entry->d_name);
        free(path);
        json_decref(json);
    }
    if (d)
        closedir(d);
    return status;
}

static int keep_policy(struct night *n, const struct night_task *t, json_t *row,
                       struct error *err)
{
    scoped char *best = nightly_task_path_of(n, t, "best.lua");
    int status = file_copy(json_get_text(json_object_get(row, "improve"), "policy"), best,
                           MOST_CASE, err);

    if (status == 0)
        json_object_set_new(row, "kept", json_string(best));
    return status;
}

void night_adopt(struct night *n, const struct night_task *t, json_t *row)
{
    const json_t *improve = json_object_get(row, "improve");
    const char *policy = json_get_text(improve, "policy");
    json_auto_t *broken = json_array(), *sums = json_object();
    struct error err = { "" };
    char *why = NULL;

    json_object_set_new(row, "is_adopted", json_false());
    if (json_integer_value(json_object_get(improve, "promotions")) < 1)
        goto out;
    if (run_suite(n, t, policy, broken, sums, &why) != 0) {
        nightly_task_fail(n, row, "earlier cases on the new incumbent", why ? why : "");
    } else if (json_array_size(broken)) {
        char *text = xasprintf("it breaks %zu cases of earlier nights, %s first",
                               json_array_size(broken),
                               json_get_text(json_array_get(broken, 0), "case"));
        json_object_set_new(row, "refused", json_string(text));
        free(text);
    } else if (keep_cases(n, t, json_get_text(row, "run"), &err) != 0 ||
               keep_policy(n, t, row, &err) != 0) {
        nightly_task_fail(n, row, "what it won", err.text);
    } else {
        json_object_set_new(row, "is_adopted", json_true());
        if (t->policy)
            remember_policy(n, t);
    }
out:
    free(why);
}

/* Only where something got better. A night that goes on may find it done. */
void night_freeze(struct night *n, const struct night_task *t, json_t *row)
{
    const char *run = json_get_text(row, "run");
    char jobs[16], *why = NULL;
    const char *argv[] = { "freeze", run, "--json", "--jobs", jobs, NULL };
    json_auto_t *out = NULL, *opening = NULL;
    int status;

    (void)t;
    snprintf(jobs, sizeof(jobs), "%d", n->config->jobs);
    if (!json_is_true(json_object_get(row, "is_adopted")))
        return;
    out = night_command(n, argv, FREEZE_S, &status, &why);
    opening = run_last_holdout(run);
    if (opening)
        json_object_set(row, "freeze", opening);
    else
        nightly_task_fail(n, row, "freeze", why ? why : "");
    free(why);
}
