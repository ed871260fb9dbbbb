/* tape.c - the requested actions of one episode, packed: a byte where a byte is
 * enough. */
#include "envs/tape.h"

#include <math.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "envs/episode.h"

static bool is_small(const struct env *env)
{
    for (const struct env_action *a = env->actions; a->name; a++)
        if (!a->is_discrete || !(a->max - a->min <= 255))
            return false;
    return true;
}

int tape_width(const struct env *env)
{
    return env_count_actions(env) * (is_small(env) ? 1 : 8);
}

void tape_clear(struct tape *t)
{
    free(t->data);
    *t = (struct tape){ 0 };
}

void tape_get(const struct tape *t, const struct env *env, int64_t step, double *out)
{
    const uint8_t *at = t->data + (size_t)step * (size_t)t->width;
    int n = env_count_actions(env);
    bool is_bytes = t->width == n;

    for (int i = 0; i < n; i++)
        out[i] = is_bytes ? env->actions[i].min + at[i]
                          : bytes_to_double(bytes_get(at + 8 * i, 8));
}

void tape_put(uint8_t *out, const struct env *env, const double *action)
{
    bool is_bytes = is_small(env);
    int i = 0;

    for (const struct env_action *a = env->actions; a->name; a++, i++) {
        double v = !(action[i] >= a->min) ? a->min
                   : action[i] > a->max   ? a->max
                                          : action[i];
        if (a->is_discrete)
            v = floor(v);
        if (is_bytes)
            out[i] = (uint8_t)(v - a->min);
        else
            bytes_put(out + 8 * i, 8, bytes_of_double(v));
    }
}

int tape_check(const struct tape *t, const struct env *env, struct error *err)
{
    double action[ENV_MAX_ACTION];
    int n = env_count_actions(env);

    if (t->width != tape_width(env))
        return error_set(err, "its actions are not those of \"%s\"", env->name);
    for (int64_t step = 0; step < t->n_steps; step++) {
        tape_get(t, env, step, action);
        for (int i = 0; i < n; i++) {
            const struct env_action *a = &env->actions[i];
            if (!(action[i] >= a->min && action[i] <= a->max) ||
                (a->is_discrete && action[i] != floor(action[i])))
                return error_set(err, "action \"%s\" of step %lld is out of bounds",
                                 a->name, (long long)step);
        }
    }
    return 0;
}
