/* worst.c - the worst return that is known of a task whose environment names none. */
#include "runner/evaluate/worst.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/evaluate/pool.h"
#include "runner/evaluate/seeds.h"
#include "runner/record/published.h"

#define DRAWN 8 /* episodes with another action each step, */
#define HELD 2  /* with one all the time, */
#define STILL 2 /* and with doing nothing */
_Static_assert(DRAWN + HELD + STILL == WORST_EPISODES, "all of them");
#define MOST_STEPS 10000 /* of each */

bool worst_is_unknown(const struct task *t)
{
    return isnan(t->rules.fault_return);
}

/* A policy that draws each component of an action from its bounds: every step, or (held)
 * once an episode; or (still) does nothing. The caller frees the text. */
static char *random_source(const struct env *env)
{
    bool is_one = !env->actions[1].name && env->actions[0].is_discrete;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fputs("-- Plays without looking, to learn how low a return can be.\n"
          "local how, held\nlocal function draw() return ({",
          f);
    for (const struct env_action *a = env->actions; a->name; a++) {
        double low = isfinite(a->min) ? a->min : -1, high = isfinite(a->max) ? a->max : 1;
        if (a->is_discrete)
            fprintf(f, " math.random(%.0f, %.0f),", low, high);
        else
            fprintf(f, " %.17g + %.17g * math.random(),", low, high - low);
    }
    fprintf(f, " })%s end\nlocal still = ({", is_one ? "[1]" : "");
    for (int i = 0; env->actions[i].name; i++)
        fprintf(f, " %.17g,", env->noop[i]);
    fprintf(f, " })%s\n", is_one ? "[1]" : "");
    fputs("return { params = { how = { default = 0, min = 0, max = 2 } },\n"
          "  reset = function(info) how = info.params.how\n"
          "    held = how == 2 and still or draw() end,\n"
          "  act = function() return how == 0 and draw() or held end }\n",
          f);
    fclose(f);
    return text;
}

static const struct vm_param how[] = {
    { .name = "how", .value = 1, .min = 0, .max = 2 },
    { .name = "how", .value = 2, .min = 0, .max = 2 }
};

static void fill_requests(const struct task *task,
                          struct episode_request requests[WORST_EPISODES])
{
    for (int i = 0; i < WORST_EPISODES; i++) {
        requests[i] = (struct episode_request){ .seed = split_seed(NULL, SPLIT_DEV,
                                                                   task->name, WORST_SCOPE, i),
                                                .max_steps = MOST_STEPS };
        if (i >= DRAWN) {
            requests[i].params = i < DRAWN + HELD ? &how[0] : &how[1];
            requests[i].n_params = 1;
        }
    }
}

/* What an episode that was cut off would come to, if it went on as it did. */
static double whole_return(const struct task *task, const struct episode_result *r)
{
    bool is_cut = !r->terminated && !r->truncated && r->n_frames > 0;

    return is_cut && r->total < 0
               ? r->total * (double)task->rules.max_frames / (double)r->n_frames
               : r->total;
}

double worst_of(const struct task *task, const struct episode_result *results)
{
    struct published_scores scores;
    double lowest = INFINITY, highest = -INFINITY;

    for (int i = 0; i < WORST_EPISODES; i++)
        if (results[i].is_done && results[i].fault == FAULT_none) {
            lowest = fmin(lowest, whole_return(task, &results[i]));
            highest = fmax(highest, whole_return(task, &results[i]));
        }
    if (lowest > highest)
        return NAN;
    if (published_find(task->env->name, &scores)) {
        lowest = fmin(lowest, scores.random);
        highest = fmax(highest, scores.random);
    }
    return lowest >= 0 ? 0 : lowest - (highest - lowest) / 10;
}

void worst_plan_init(struct worst_plan *p, const struct task *task)
{
    p->task = task_copy(task);
    p->task->rules.fault_return = 0;
    p->source = random_source(task->env);
    fill_requests(p->task, p->requests);
}

void worst_plan_clear(struct worst_plan *p)
{
    task_destroy(p->task);
    free(p->source);
}

/* What was measured in this process, by the task as JSON. */
static struct {
    pthread_mutex_t mutex; /* held while one is measured: others wait for it */
    json_t *by_task;
} known = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static double worst_measure_one(const struct evaluation *e)
{
    struct episode_result results[WORST_EPISODES] = { 0 };
    struct worst_plan plan;
    struct evaluation mine = *e;
    struct error ignored = { "" };
    double worst = NAN;

    worst_plan_init(&plan, e->task);
    mine.task = plan.task;
    mine.policy = (struct policy){ .name = "random.lua", .source = plan.source };
    mine.on_result = NULL;
    if (pool_play(&mine, plan.requests, WORST_EPISODES, results, NULL, NULL, &ignored) == 0)
        worst = worst_of(plan.task, results);
    results_clear(results, WORST_EPISODES);
    worst_plan_clear(&plan);
    return worst;
}

double worst_measure(const struct evaluation *e)
{
    json_t *json = task_to_json(e->task), *found;
    char *key = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    double worst;

    pthread_mutex_lock(&known.mutex);
    if (!known.by_task)
        known.by_task = json_object();
    found = json_object_get(known.by_task, key);
    worst = !found                  ? worst_measure_one(e)
            : json_is_number(found) ? json_number_value(found)
                                    : NAN;
    if (!found)
        json_object_set_new(known.by_task, key, json_finite(worst));
    pthread_mutex_unlock(&known.mutex);
    json_decref(json);
    free(key);
    return worst;
}
