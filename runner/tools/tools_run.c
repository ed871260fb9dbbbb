/* tools_run.c - dev episodes for the tools that play some, and run_episodes. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/quote.h"
#include "runner/evaluate/seeds.h"
#include "runner/evaluate/stats.h"
#include "runner/tools/tool_work.h"

#define MOST_FAULT 600 /* bytes of a fault's text */

bool tool_read_seeds(struct tool_work *w, int64_t *index, int *n,
                     enum memo_status *status)
{
    const json_t *seeds = json_object_get(w->arguments, "seeds");
    int n_dev = w->c->memo->base.task->splits.dev;

    *n = (int)json_array_size(seeds);
    for (int i = 0; i < *n; i++) {
        index[i] = json_integer_value(json_array_get(seeds, (size_t)i));
        if (index[i] < n_dev)
            continue;
        *status = tool_refused(
            w, "asked for seeds that are not its own",
            "\"seeds\": there are dev seeds 0 to %d; no others can be played", n_dev - 1);
        return false;
    }
    return true;
}

static int read_params(struct tool_work *w, json_t *asked, struct param_set *out)
{
    const char *name;
    json_t *value;

    json_object_foreach(asked, name, value) {
        struct vm_param *p = &out->params[out->n];
        if (out->n == VM_MAX_PARAMS || strlen(name) >= sizeof(p->name)) {
            tool_wrong(
                w,
                "\"params\": \"%.60s\": a policy has at most %d parameters, with short "
                "names",
                name, VM_MAX_PARAMS);
            return -1;
        }
        *p = (struct vm_param){ .value = json_number_value(value) };
        strcpy(p->name, name);
        out->n++;
    }
    return 0;
}

static json_t *tools_run_sum_up(const struct episode_result *results, int n)
{
    double *scores = xcalloc((size_t)n, sizeof(*scores));
    struct summary s;
    int faults = 0;
    json_t *json;

    for (int i = 0; i < n; i++) {
        faults += results[i].fault != FAULT_none;
    }
    s = summarize(scores, results_scores(results, n, scores));
    json = json_pack("{s:o, s:o, s:o, s:o, s:i}", "mean", json_finite(s.mean), "std",
                     json_finite(s.std), "min", json_finite(s.min), "max",
                     json_finite(s.max), "faults", faults);
    for (int i = 0; i < n; i++)
        if (results[i].fault) {
            char *text = quote_line(results[i].fault_text, MOST_FAULT);
            json_object_set_new(json, "fault", json_string(text));
            free(text);
            break;
        }
    free(scores);
    return json;
}

static json_t *list_episodes(const int64_t *index, const struct episode_result *results,
                             int n)
{
    json_t *list = json_array();

    for (int i = 0; i < n; i++) {
        const struct episode_result *r = &results[i];
        json_array_append_new(
            list,
            json_pack("{s:I, s:o, s:I, s:s, s:I}", "seed", (json_int_t)index[i], "return",
                      json_finite(r->score), "steps", (json_int_t)r->n_steps, "ended",
                      r->fault        ? fault_name(r->fault)
                      : r->terminated ? "terminated"
                                      : "cut off by the time limit",
                      "most_instructions", (json_int_t)r->most_instructions));
    }
    return list;
}

enum memo_status tool_play_sets(struct tool_work *w, const struct policy *policy,
                                const struct param_set *sets, int n_sets,
                                const int64_t *seeds, int n, enum purpose purpose,
                                struct episode_result *results)
{
    const struct task *task = w->c->memo->base.task;
    int n_all = n_sets * n;
    struct episode_request *requests = xcalloc((size_t)n_all, sizeof(*requests));
    int64_t *index = xcalloc((size_t)n_all, sizeof(*index));
    enum memo_status status;

    for (int i = 0; i < n_all; i++) {
        index[i] = seeds[i % n];
        requests[i].seed = split_seed(w->c->salt, SPLIT_DEV, task->name, "", index[i]);
        if (sets) {
            requests[i].params = sets[i / n].params;
            requests[i].n_params = sets[i / n].n;
        }
    }
    status = memo_evaluate(w->c->memo, purpose, "", policy, requests, index, n_all,
                           results, w->err);
    free(requests);
    free(index);
    return status;
}

enum memo_status tool_run_episodes(struct tool_work *w)
{
    json_t *asked = json_object_get(w->arguments, "params"), *list = json_array();
    const char *source = tool_text(w, "policy");
    struct policy policy = tool_draft_policy(w);
    int64_t index[TOOL_MOST_SEEDS];
    enum memo_status status = MEMO_DONE;
    int n_sets = asked ? (int)json_array_size(asked) : 1, n = 0;
    struct param_set *sets = asked ? xcalloc((size_t)n_sets, sizeof(*sets)) : NULL;
    struct episode_result *results = NULL;

    json_object_set_new(w->data, "results", list);
    if (!tool_read_seeds(w, index, &n, &status))
        goto out;
    if (source) {
        policy.source = source;
        policy.name = "probe.lua";
    }
    for (int k = 0; sets && k < n_sets; k++)
        if (read_params(w, json_array_get(asked, (size_t)k), &sets[k]) != 0)
            goto out;
    results = xcalloc((size_t)(n_sets * n), sizeof(*results));
    status = tool_play_sets(w, &policy, sets, n_sets, index, n,
                            sets ? PURPOSE_tuning : PURPOSE_probe, results);
    for (int k = 0; k < n_sets && status == MEMO_DONE; k++)
        json_array_append_new(list, tools_run_sum_up(results + k * n, n));
    if (n_sets == 1 && status == MEMO_DONE)
        json_object_set_new(w->data, "episodes", list_episodes(index, results, n));
    results_clear(results, n_sets * n);
out:
    free(sets);
    free(results);
    return status;
}
