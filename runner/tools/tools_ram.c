/* tools_ram.c - the tool ram_changes: which values change with which action, reward and
 * event, over recorded episodes.
 *
 * The values are what the task shows: the bytes of the console's memory, or the fields of
 * the observation. A value's change in a step (of a byte: the shorter way round) is set
 * against what was done and what happened in that step: its mean under each action, how
 * often it changes at a reward or an event against how often it does otherwise, and the
 * correlation of the value with the return so far. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/picture/frame.h"
#include "runner/tools/tool_work.h"

#define MOST_VALUES 4096
#define MOST_CHOICES 18  /* of an action, that are told apart */
#define MOST_SHOWN 24    /* values */
#define LEAST_T 4.0      /* standard errors: less is taken for chance */
#define LEAST_SHARE 0.25 /* that a reward or event adds to how often a value changes */
#define LEAST_R 0.9      /* correlation with the return so far */

/* Changes in steps of one kind. */
struct ram_kind {
    double n, changed, sum, squares;
};

struct ram_value {
    double least, most, x, xx, xy; /* over all steps; y: the return so far */
    struct ram_kind all, reward, action[MOST_CHOICES], event[ENV_MAX_EVENTS];
    double score; /* how telling: the largest of what is listed, in shares of 1 */
};

struct ram {
    struct tool_work *w;
    const struct env *env;
    bool is_ram;
    int n, n_choices;
    double *before, *now;
    struct ram_value *values;
    double n_steps, y, yy;
};

static void ram_add(struct ram_kind *k, double change)
{
    k->n++;
    k->changed += change != 0;
    k->sum += change;
    k->squares += change * change;
}

static double ram_change(const struct ram *r, int i)
{
    double d = r->now[i] - r->before[i];

    if (r->is_ram)
        d = d > 127 ? d - 256 : d < -128 ? d + 256 : d;
    return d;
}

static void ram_read(struct ram *r, const struct episode *e, double *out)
{
    uint8_t bytes[65536];

    if (!r->is_ram) {
        r->env->observe(e->instance, out);
        return;
    }
    r->env->ram(e->instance, bytes);
    for (int i = 0; i < r->n; i++)
        out[i] = bytes[i];
}

static void ram_step(struct ram *r, const struct env_step *s, const double *action,
                     double total)
{
    const struct env_action *a = r->env->actions;
    int choice = (int)(action[0] - a->min);

    r->n_steps++;
    r->y += total;
    r->yy += total * total;
    for (int i = 0; i < r->n; i++) {
        struct ram_value *v = &r->values[i];
        double change = ram_change(r, i);
        v->least = fmin(v->least, r->now[i]);
        v->most = fmax(v->most, r->now[i]);
        v->x += r->now[i];
        v->xx += r->now[i] * r->now[i];
        v->xy += r->now[i] * total;
        ram_add(&v->all, change);
        if (s->reward != 0)
            ram_add(&v->reward, change);
        if (choice >= 0 && choice < r->n_choices)
            ram_add(&v->action[choice], change);
        for (int k = 0; s->events >> k; k++)
            if (s->events >> k & 1)
                ram_add(&v->event[k], change);
    }
}

static int ram_walk(struct ram *r, const struct episode_result *result)
{
    const struct task *task = r->w->c->memo->base.task;
    double action[ENV_MAX_ACTION];
    void *instance = task_create_instance(task, r->w->err);
    struct episode e;

    if (!instance)
        return -1;
    episode_init(&e, task->env, instance, &task->rules);
    episode_reset(&e, result->seed);
    ram_read(r, &e, r->before);
    for (int64_t i = 0; i < result->tape.n_steps && !episode_is_over(&e); i++) {
        struct env_step s;
        double *swap = r->before;
        tape_get(&result->tape, task->env, i, action);
        s = episode_step(&e, action);
        ram_read(r, &e, r->now);
        ram_step(r, &s, action, e.now.total);
        r->before = r->now;
        r->now = swap;
    }
    episode_clear(&e);
    task->env->destroy(instance);
    return 0;
}

static double ram_mean(const struct ram_kind *k)
{
    return k->n > 0 ? k->sum / k->n : 0;
}

/* How many standard errors the mean change under a kind is from that of all other steps. */
static double ram_t(const struct ram_kind *k, const struct ram_kind *all)
{
    struct ram_kind other = { all->n - k->n, 0, all->sum - k->sum, all->squares - k->squares };
    double a = k->n > 1 ? fmax(0, k->squares / k->n - ram_mean(k) * ram_mean(k)) / k->n : 0;
    double b = other.n > 1
                   ? fmax(0, other.squares / other.n - ram_mean(&other) * ram_mean(&other)) /
                         other.n
                   : 0;
    double d = ram_mean(k) - ram_mean(&other);

    return k->n < 3 || other.n < 3 || d == 0 ? 0 : d / sqrt(a + b + 1e-12);
}

/* How much more often it changes in such steps than in others. */
static double ram_more(const struct ram_kind *k, const struct ram_kind *all)
{
    double others = all->n - k->n;

    return k->n < 1 || others < 1 ? 0
                                  : k->changed / k->n - (all->changed - k->changed) / others;
}

static double ram_with_return(const struct ram *r, const struct ram_value *v)
{
    double n = r->n_steps, xx = v->xx - v->x * v->x / n, yy = r->yy - r->y * r->y / n;

    return xx > 1e-9 && yy > 1e-9 ? (v->xy - v->x * r->y / n) / sqrt(xx * yy) : 0;
}

static json_t *ram_actions(const struct ram *r, struct ram_value *v)
{
    json_t *json = json_object();

    for (int k = 0; k < r->n_choices; k++) {
        double action[ENV_MAX_ACTION] = { r->env->actions[0].min + k },
               t = ram_t(&v->action[k], &v->all);
        char name[64];
        if (fabs(t) < LEAST_T)
            continue;
        frame_action_text(r->env, action, name, sizeof(name));
        json_object_set_new(json, name, tool_json(ram_mean(&v->action[k])));
        v->score = fmax(v->score, fabs(t) / (fabs(t) + 20));
    }
    return json;
}

static json_t *ram_happenings(const struct ram *r, struct ram_value *v)
{
    json_t *json = json_object();

    for (int k = -1; k < ENV_MAX_EVENTS; k++) {
        const struct ram_kind *kind = k < 0 ? &v->reward : &v->event[k];
        double more = ram_more(kind, &v->all);
        if (!kind->n || fabs(more) < LEAST_SHARE)
            continue;
        json_object_set_new(json, k < 0 ? "reward" : r->env->events[k].name,
                            json_pack("{s:o, s:o, s:I}", "changes_in",
                                      tool_json(kind->changed / kind->n), "mean_change",
                                      tool_json(ram_mean(kind)), "steps",
                                      (json_int_t)kind->n));
        v->score = fmax(v->score, fabs(more));
    }
    return json;
}

static void ram_name(const struct ram *r, int i, char *out, size_t size)
{
    if (r->is_ram) {
        snprintf(out, size, "ram[%d]", i);
        return;
    }
    for (const struct env_field *f = r->env->fields; f->name; i -= f->n, f++)
        if (i < f->n) {
            snprintf(out, size, f->n > 1 ? "%.100s[%d]" : "%.100s", f->name, i + 1);
            return;
        }
}

static json_t *ram_json(const struct ram *r, int i)
{
    struct ram_value *v = &r->values[i];
    double with_return = ram_with_return(r, v);
    json_t *actions, *happenings, *json;
    char name[128] = "?";

    v->score = v->all.changed / v->all.n / 1000; /* what only changes comes last */
    actions = ram_actions(r, v);
    happenings = ram_happenings(r, v);
    ram_name(r, i, name, sizeof(name));
    json = json_pack("{s:s, s:o, s:o, s:o}", "value", name, "least", tool_json(v->least),
                     "most", tool_json(v->most), "changes_in",
                     tool_json(v->all.changed / v->all.n));
    if (json_object_size(actions))
        json_object_set(json, "mean_change_with_action", actions);
    if (json_object_size(happenings))
        json_object_set(json, "at", happenings);
    if (fabs(with_return) >= LEAST_R) {
        json_object_set_new(json, "correlation_with_return", tool_json(with_return));
        v->score = fmax(v->score, fabs(with_return));
    }
    json_decref(actions);
    json_decref(happenings);
    return json;
}

/* The most telling ones first. */
static void ram_put(struct ram *r)
{
    json_t **rows = xcalloc((size_t)r->n, sizeof(*rows)), *list = json_array();
    int n_changed = 0;

    for (int i = 0; i < r->n; i++)
        if (r->values[i].all.changed > 0) {
            rows[i] = ram_json(r, i);
            n_changed++;
        }
    while (json_array_size(list) < MOST_SHOWN) {
        int best = -1;
        for (int i = 0; i < r->n; i++)
            if (rows[i] && (best < 0 || r->values[i].score > r->values[best].score))
                best = i;
        if (best < 0)
            break;
        json_array_append_new(list, rows[best]);
        rows[best] = NULL;
    }
    for (int i = 0; i < r->n; i++)
        json_decref(rows[i]);
    free(rows);
    json_object_set_new(r->w->data, "steps_seen", json_integer((json_int_t)r->n_steps));
    json_object_set_new(r->w->data, "values_that_change", json_integer(n_changed));
    if (n_changed > MOST_SHOWN) {
        char *left = xasprintf("%d that tell less", n_changed - MOST_SHOWN);
        json_object_set_new(r->w->data, "left_out", json_string(left));
        free(left);
    }
    json_object_set_new(r->w->data, "values", list);
}

static enum memo_status ram_all(struct ram *r)
{
    int64_t index[TOOL_MOST_SEEDS];
    enum memo_status status;
    int n = 0;

    if (!tool_read_seeds(r->w, index, &n, &status))
        return status;
    for (int i = 0; i < n; i++) {
        struct tool_episode e = { 0 };
        json_object_set_new(r->w->arguments, "seed", json_integer(index[i]));
        if (tool_episode_get(r->w, tool_text(r->w, "policy"),
                             tool_number(r->w, "iteration", -1), &e, &status) &&
            ram_walk(r, e.r) != 0)
            status = MEMO_FAILED;
        tool_episode_clear(&e);
        if (status != MEMO_DONE || r->w->out->is_error)
            return status;
    }
    if (r->n_steps > 0)
        ram_put(r);
    return MEMO_DONE;
}

enum memo_status tool_ram_changes(struct tool_work *w)
{
    const struct task *task = w->c->memo->base.task;
    const struct env_action *a = task->env->actions;
    struct ram r = { .w = w,
                     .env = task->env,
                     .is_ram = task->observation == OBSERVATION_ram };
    enum memo_status status;

    if (task->observation != OBSERVATION_ram && task->observation != OBSERVATION_features)
        return tool_wrong(w, "the policy sees pictures here: frames shows them");
    r.n = r.is_ram ? task->env->ram_size : env_count_obs(task->env);
    if (r.n > MOST_VALUES)
        return tool_wrong(w, "there are %d values, more than %d", r.n, MOST_VALUES);
    if (!a[1].name && a->is_discrete && a->max - a->min < MOST_CHOICES)
        r.n_choices = (int)(a->max - a->min) + 1;
    r.before = xcalloc((size_t)r.n, sizeof(*r.before));
    r.now = xcalloc((size_t)r.n, sizeof(*r.now));
    r.values = xcalloc((size_t)r.n, sizeof(*r.values));
    for (int i = 0; i < r.n; i++) {
        r.values[i].least = INFINITY;
        r.values[i].most = -INFINITY;
    }
    status = ram_all(&r);
    free(r.before);
    free(r.now);
    free(r.values);
    return status;
}
