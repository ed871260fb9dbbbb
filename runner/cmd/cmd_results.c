/* cmd_results.c - `ratchet results`: what the learned policies reach on seeds that nobody
 * has seen, as the table of docs/results.md. */
#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/scoped.h"
#include "base/table.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/meter.h"
#include "runner/evaluate/seeds.h"
#include "runner/evaluate/stats.h"
#include "runner/home/progress.h"
#include "runner/record/published.h"

#define CONFIDENCE 0.95
#define MOST_EPISODES 100000

struct results {
    struct setup *setup;
    int episodes;
    char *pattern;
    struct salt salt;
    const char **wanted; /* tasks; none: all */
    json_t *rows;
};

/* learned_plan.lua, start_plan_rounds.lua: what is said to plan. */
static bool is_planner(const char *path)
{
    return strstr(strrchr(path, '/'), "_plan");
}

/* The file of the task that a policy plays: NAME.json beside NAME.lua, or plan.json where
 * it plans. NULL: the built-in task of the folder's environment. */
static char *find_task_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *file = xasprintf("%.*s.json", (int)strlen(path) - 4, path);

    if (access(file, R_OK) != 0 && is_planner(path)) {
        free(file);
        file = xasprintf("%.*s/plan.json", (int)(slash - path), path);
    }
    if (access(file, R_OK) == 0)
        return file;
    free(file);
    return NULL;
}

/* NULL also with *err empty: the environment is not there. */
static struct task *results_find_task(struct results *r, const char *folder,
                                      const char *path, struct error *err)
{
    const struct env *env = env_find(r->setup->envs, folder, err);
    char *file = find_task_file(path);
    struct task *t = NULL;
    int status = 0;

    if (env || file)
        t = task_load(r->setup->envs, file ? file : folder, err);
    if (!t && !env) {
        say_to(stderr, "ratchet: %s\n", err->text);
        err->text[0] = '\0';
    }
    if (t && !file && is_planner(path))
        status = task_set(t, "plan=true", err);
    for (char **s = r->setup->set; t && s && *s && status == 0; s++)
        status = task_set(t, *s, err);
    if (t && (status != 0 || task_check(t, err) != 0)) {
        task_destroy(t);
        t = NULL;
    }
    free(file);
    return t;
}

static void results_add_row(struct results *r, const struct task *t, const char *file,
                            const struct episode_result *results, int n, double cpu)
{
    scoped double *scores = xcalloc((size_t)n, sizeof(*scores));
    double frames = 0;
    int64_t steps = 0, planner_steps = 0;
    json_t *seeds = json_array(), *row;
    struct summary s;
    int faults = 0;

    for (int i = 0; i < n; i++) {
        steps += results[i].n_steps;
        planner_steps += results[i].planner_steps;
        frames += (double)results[i].n_frames;
        faults += results[i].fault != FAULT_none;
        json_array_append_new(seeds, json_integer((json_int_t)results[i].seed));
    }
    s = summarize(scores, results_scores(results, n, scores));
    row = json_pack(
        "{s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:i, s:I, s:I, s:o}", "task", t->name,
        "policy", json_path(file), "episodes", n, "mean", json_finite(s.mean), "interval",
        json_finite(mean_interval(&s, CONFIDENCE)), "std", json_finite(s.std), "min",
        json_finite(s.min), "max", json_finite(s.max), "faults", faults, "steps",
        (json_int_t)steps, "planner_steps", (json_int_t)planner_steps, "real_time",
        json_finite(cpu > 0 ? frames / t->env->frames_per_second / cpu : 0));
    json_object_set_new(row, "target", json_finite(t->target));
    json_object_set_new(row, "human", json_finite(published_human(t->env->name, s.mean)));
    json_object_set_new(row, "sim",
                        json_string(!t->plan         ? "none"
                                    : t->sim_is_true ? "true state"
                                                     : "observation"));
    json_object_set_new(row, "seeds", seeds);
    json_array_append_new(r->rows, row);
}

static const struct table_column columns[] = {
    { "task", "task", TABLE_TEXT },
    { "policy", "policy", TABLE_TEXT },
    { "mean", "mean", TABLE_TEXT },
    { "std", "std", TABLE_TEXT },
    { "min", "min", TABLE_TEXT },
    { "max", "max", TABLE_TEXT },
    { "target", "target", TABLE_TEXT },
    { "human", "human-normalised", TABLE_TEXT },
    { "planner_steps", "planner steps a step", TABLE_TEXT },
    { "real_time", "times real time", TABLE_TEXT },
    { NULL, NULL, TABLE_TEXT },
};

/* Three digits, or all of a whole number that has more: no powers of ten. */
static json_t *results_shorten(double value)
{
    if (!isfinite(value))
        return json_string("-");
    return fabs(value) < 100 ? json_sprintf("%.3g", value) : json_sprintf("%.0f", value);
}

/* none: what stands where there is no value. */
static json_t *digits(const json_t *row, const char *key, int n, const char *none)
{
    double value = json_get_number(row, key);

    return isfinite(value) ? json_sprintf("%.*g", n, value) : json_string(none);
}

/* The row as people read it. */
static void results_print_row(const json_t *row)
{
    double steps = json_get_number(row, "steps"), human = json_get_number(row, "human");
    json_int_t n_faults = json_integer_value(json_object_get(row, "faults"));
    json_t *mean = digits(row, "mean", 5, "-");
    json_t *shown = json_pack(
        "{s:O, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "task",
        json_object_get(row, "task"), "policy", json_object_get(row, "policy"), "std",
        results_shorten(json_get_number(row, "std")), "min", digits(row, "min", 5, "-"),
        "max", digits(row, "max", 5, "-"), "target", digits(row, "target", 6, ""),
        "human", isfinite(human) ? json_sprintf("%.2f", human) : json_string(""),
        "planner_steps",
        json_sprintf(
            "%.4g%s", steps > 0 ? json_get_number(row, "planner_steps") / steps : 0,
            strcmp(json_get_text(row, "sim"), "true state") ? "" : " (true state)"),
        "real_time", results_shorten(json_get_number(row, "real_time")));

    json_object_set_new(shown, "mean",
                        n_faults > 0
                            ? json_sprintf("%s (%lld with faults)",
                                           json_string_value(mean), (long long)n_faults)
                            : json_incref(mean));
    table_markdown_row(stdout, columns, shown);
    fflush(stdout);
    json_decref(mean);
    json_decref(shown);
}

struct playing {
    const char *task, *file;
    int n_done, n;
    struct progress progress;
};

static void results_on_result(void *user, int index, const struct episode_result *result)
{
    struct playing *p = user;

    (void)index;
    (void)result;
    progress_show(&p->progress, "%s %s: %d of %d episodes", p->task, p->file, ++p->n_done,
                  p->n);
}

static int results_play(struct results *r, const struct task *t, const char *path,
                        struct error *err)
{
    scoped struct episode_request *requests = xcalloc((size_t)r->episodes,
                                                      sizeof(*requests));
    scoped struct episode_result *results = xcalloc((size_t)r->episodes,
                                                    sizeof(*results));
    struct policy policy = { .name = file_name(path) };
    struct playing playing = { .task = t->name, .file = policy.name, .n = r->episodes };
    struct evaluation e;
    double start = meter_cpu();
    int status = -1;

    policy.source = file_load_text(path, VM_MAX_SOURCE, err);
    if (!policy.source)
        goto out;
    for (int i = 0; i < r->episodes; i++)
        requests[i].seed = split_seed(&r->salt, SPLIT_HOLDOUT, t->name, "results", i);
    e = (struct evaluation){ .task = t,
                             .policy = policy,
                             .setup = *r->setup,
                             .is_outside = true,
                             .on_result = results_on_result,
                             .user = &playing };
    status = evaluate(&e, requests, r->episodes, results, NULL, err);
    progress_erase();
    if (status == 0 && *r->setup->interrupted)
        status = error_set(err, "results: interrupted");
    if (status != 0)
        goto out;
    results_add_row(r, t, policy.name, results, r->episodes, meter_cpu() - start);
    if (!r->setup->json)
        results_print_row(json_array_get(r->rows, json_array_size(r->rows) - 1));
out:
    results_clear(results, r->episodes);
    free((char *)policy.source);
    return status;
}

static bool results_is_wanted(const struct results *r, const char *name)
{
    for (const char **w = r->wanted; *w; w++)
        if (!strcmp(*w, name))
            return true;
    return !*r->wanted && strcmp(name, "lib");
}

/* policies/TASK/FILE.lua, TASK being a name or "ale/GAME". */
static int play_file(struct results *r, const char *path, size_t root_len,
                     struct error *err)
{
    const char *slash = strrchr(path, '/');
    scoped char *name = xasprintf("%.*s", (int)(slash - path - root_len - 1),
                                  path + root_len + 1);
    struct task *t = NULL;
    int status = 0;

    if (results_is_wanted(r, name) && text_ends_with(path, ".lua")) {
        t = results_find_task(r, name, path, err);
        status = t ? results_play(r, t, path, err) : err->text[0] ? -1 : 0;
    }
    task_destroy(t);
    return status;
}

static int results_play_all(struct results *r, struct error *err)
{
    char *root = find_shipped(".");
    char *flat = xasprintf("%s/*/%s", root ? root : ".", r->pattern);
    char *nested = xasprintf("%s/*/*/%s", root ? root : ".", r->pattern);
    glob_t found = { 0 };
    int status = 0;

    if (!r->setup->json)
        table_markdown_head(stdout, columns);
    glob(flat, 0, NULL, &found);
    glob(nested, GLOB_APPEND, NULL, &found);
    for (size_t i = 0; root && i < found.gl_pathc && status == 0; i++)
        status = play_file(r, found.gl_pathv[i], strlen(root), err);
    globfree(&found);
    free(flat);
    free(nested);
    free(root);
    if (status == 0 && !json_array_size(r->rows))
        return error_set(err, "results: no such policy: nothing matches policies/%s/%s",
                         r->wanted[0] ? r->wanted[0] : "*", r->pattern);
    return status;
}

static void results_finish(struct results *r)
{
    if (r->setup->json)
        say_result(json_pack("{s:s, s:i, s:o, s:O}", "salt_sha256", r->salt.sha256,
                                 "episodes", r->episodes, "confidence",
                                 json_finite(CONFIDENCE), "rows", r->rows));
    else
        say("\nMeans of %d episodes on seeds drawn for this table, played outside: the worker "
            "sees\nobservations only. Times real time: of one core, planning included.\n",
            r->episodes);
}

/* clang-format off */
static const struct option options[] = {
    { "episodes", 'n', INT_IN(results, episodes), "N",
      "of each policy (default 20)", 1, MOST_EPISODES },
    { "policies", 'p', TEXT_IN(results, pattern), "PATTERN",
      "files of policies/TASK/ (default learned*.lua)" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_results(struct call *c)
{
    struct results *r = c->state;
    int status = EXIT_FAILED;

    r->setup = &c->setup;
    r->wanted = c->args;
    r->rows = json_array();
    if (!r->pattern)
        r->pattern = xstrdup("learned*.lua");
    if (salt_draw(&r->salt, &c->err) == 0 && results_play_all(r, &c->err) == 0) {
        results_finish(r);
        status = cmd_done();
    }
    json_decref(r->rows);
    return status;
}

const struct command cmd_results = {
    .name = "results",
    .args = "[TASK...]",
    .about = "play the learned policies on fresh seeds: as the table of docs/results.md",
    .details =
        "Each policies/TASK/learned*.lua plays the built-in task of the environment TASK, or the task\n"
        "learned*.json beside it. One whose name has _plan in it may plan; it plays plan.json where that\n"
        "is there. Seeds are drawn anew for every table, and the harness steps the environment. The table\n"
        "is Markdown.",
    .example = "ratchet results\nratchet results half_cheetah ant --json\n"
               "ratchet results --policies 'start*.lua' --episodes 5",
    .options = options,
    .size = sizeof(struct results),
    .initial = &(const struct results){ .episodes = 20 },
    .n_max = -1,
    .needs = NEEDS_PLUGINS,
    .exec = exec_results,
};
