/* tools_play.c - episodes for the tools that play some: which seeds, from which starts, with
 * which parameters, all checked before a step is made.
 *
 * Practice seeds are further seeds of the model's own, of no use for anything else: they
 * come from the task's name, as the dev seeds do, where hidden ones come from the salt. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/judge/robust.h"
#include "runner/tools/tool_work.h"

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

bool tool_read_courses(struct tool_work *w, struct tool_courses *c,
                       enum memo_status *status)
{
    static const char *const names[] = { "plain", "perturbed", "sticky" };
    const json_t *practice = json_object_get(w->arguments, "practice");
    const char *starts = tool_text(w, "starts");

    *c = (struct tool_courses){ .is_practice = practice != NULL };
    for (int i = 0; starts && i < 3; i++)
        if (!strcmp(starts, names[i]))
            c->starts = (enum tool_starts)i;
    if (!practice == !json_object_get(w->arguments, "seeds")) {
        *status = tool_wrong(w, practice ? "\"seeds\" and \"practice\" are two calls"
                                         : "\"seeds\" is missing, or \"practice\"");
        return false;
    }
    if (!practice)
        return tool_read_seeds(w, c->index, &c->n, status);
    c->n = (int)json_array_size(practice);
    for (int i = 0; i < c->n; i++)
        c->index[i] = json_integer_value(json_array_get(practice, (size_t)i));
    return true;
}

/* One override, checked against what the policy declares; false: it was answered. */
static bool tools_play_param(struct tool_work *w, int set, const char *name, double value,
                             const struct policy_facts *facts, struct param_set *out)
{
    const struct vm_param *p = NULL;

    for (int i = 0; i < facts->n_params; i++)
        if (!strcmp(facts->params[i].name, name))
            p = &facts->params[i];
    for (int i = 0; p && i < out->n; i++)
        if (!strcmp(out->params[i].name, name)) {
            tool_wrong(w, "\"params\", set %d: \"%s\" stands there twice", set, name);
            return false;
        }
    if (!p)
        tool_wrong(w, "\"params\", set %d: the policy declares no parameter \"%.60s\"", set,
                   name);
    else if (!(value >= p->min && value <= p->max))
        tool_wrong(w, "\"params\", set %d: %s = %.6g is out of its bounds, %.6g to %.6g", set,
                   name, value, p->min, p->max);
    else
        out->params[out->n] = *p;
    if (w->out->is_error)
        return false;
    out->params[out->n++].value = value;
    return true;
}

static bool tools_play_set(struct tool_work *w, int number, const json_t *list,
                           const struct policy_facts *facts, struct param_set *out)
{
    const json_t *one;
    size_t i;

    if (json_array_size(list) > VM_MAX_PARAMS) {
        tool_wrong(w, "\"params\", set %d: a policy has at most %d parameters", number,
                   VM_MAX_PARAMS);
        return false;
    }
    json_array_foreach(list, i, one)
        if (!tools_play_param(w, number, json_string_value(json_object_get(one, "name")),
                              json_number_value(json_object_get(one, "value")), facts, out))
            return false;
    return true;
}

bool tool_read_params(struct tool_work *w, const struct policy *policy,
                      const json_t *asked, bool are_sets, struct param_set *sets,
                      enum memo_status *status)
{
    struct evaluation e = w->c->memo->base;
    struct policy_facts *facts = xcalloc(1, sizeof(*facts));
    bool good = true;

    e.policy = *policy;
    e.on_result = NULL;
    *status = MEMO_DONE;
    if (evaluate_check(&e, facts, w->err) != 0) {
        *status = MEMO_FAILED;
        good = false;
    } else if (facts->fault) {
        tool_wrong(w, "the policy does not load: %.600s", facts->fault_text);
        good = false;
    } else if (!are_sets) {
        good = tools_play_set(w, 1, asked, facts, sets);
    }
    for (size_t k = 0; good && are_sets && k < json_array_size(asked); k++)
        good = tools_play_set(w, (int)k + 1, json_array_get(asked, k), facts, &sets[k]);
    free(facts);
    return good;
}

/* The task as the starts have it, and the episodes' scope in the ledger. */
static struct task *tools_play_task(const struct tool_work *w, const struct tool_courses *c,
                                    char *scope, size_t size)
{
    struct task *task = task_copy(w->c->memo->base.task);

    if (c->starts == STARTS_sticky)
        task->rules.sticky = robust_sticky(task);
    snprintf(scope, size, "%s%s", c->is_practice ? "practice" : "",
             c->starts == STARTS_plain    ? ""
             : c->starts == STARTS_sticky ? " sticky"
                                          : " perturbed");
    return task;
}

enum memo_status tool_play_courses(struct tool_work *w, const struct policy *policy,
                                   const struct param_set *sets, int n_sets,
                                   const struct tool_courses *c, enum purpose purpose,
                                   struct episode_result *results)
{
    size_t n_all = (size_t)(n_sets * c->n);
    struct episode_request *requests = xcalloc(n_all, sizeof(*requests));
    struct tape *starts = xcalloc((size_t)c->n + 1, sizeof(*starts));
    int64_t *index = xcalloc(n_all, sizeof(*index));
    struct memo mine = *w->c->memo;
    char scope[32];
    struct task *task = tools_play_task(w, c, scope, sizeof(scope));
    enum memo_status status;

    mine.base.task = task;
    for (int i = 0; i < (int)n_all; i++) {
        int k = i % c->n;
        index[i] = c->index[k];
        requests[i].seed = split_seed(w->c->salt, SPLIT_DEV, task->name,
                                      c->is_practice ? "practice" : "", index[i]);
        if (c->starts == STARTS_perturbed && !starts[k].data)
            robust_random_start(&starts[k], task,
                                chance_derive(requests[i].seed, "tool's start"));
        requests[i].shadow = starts[k].data ? &starts[k] : NULL;
        if (sets) {
            requests[i].params = sets[i / c->n].params;
            requests[i].n_params = sets[i / c->n].n;
        }
    }
    status = memo_evaluate(&mine, purpose, scope, policy, requests, index, (int)n_all,
                           results, w->err);
    w->c->memo->steps_left = mine.steps_left;
    for (int k = 0; k < c->n; k++)
        tape_clear(&starts[k]);
    task_destroy(task);
    free(starts);
    free(requests);
    free(index);
    return status;
}

enum memo_status tool_play_sets(struct tool_work *w, const struct policy *policy,
                                const struct param_set *sets, int n_sets,
                                const int64_t *seeds, int n, enum purpose purpose,
                                struct episode_result *results)
{
    struct tool_courses c = { .n = n };

    memcpy(c.index, seeds, sizeof(*seeds) * (size_t)n);
    return tool_play_courses(w, policy, sets, n_sets, &c, purpose, results);
}
