/* observed.c - what episodes show of their task: of what the reward is made, what comes
 * back after it was gone.
 *
 * A step is of the kind of its events. Of a kind with few different rewards each size is
 * counted; of one with many, sum and bounds are kept. Lists with a lowest value of 0 and
 * more than a handful of entries (bricks, pellets, enemies) are followed entry by
 * entry. */
#include "runner/judge/observed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define LEAST_LIST 8 /* entries of a list that is followed */

enum { OBSERVED_THERE = 1, OBSERVED_GONE = 2 };

void observed_init(struct observed *o, const struct env *env, int n_obs)
{
    int at = 0;

    *o = (struct observed){ .env = env, .n_obs = n_obs };
    o->was = xcalloc((size_t)n_obs + 1, 1);
    for (const struct env_field *f = env->fields; f->name; at += f->n, f++)
        if (f->n >= LEAST_LIST && f->min == 0 && o->n_lists < OBSERVED_LISTS)
            o->lists[o->n_lists++] = (struct observed_list){ f->name, at, f->n, 0, 0 };
}

void observed_clear(struct observed *o)
{
    free(o->was);
    *o = (struct observed){ 0 };
}

void observed_count(struct observed *o, const struct episode_result *r, int n)
{
    for (int i = 0; i < n; i++) {
        bool is_start = true, is_trajectory = true;
        for (int k = 0; k < i; k++) {
            is_start &= r[k].start_hash != r[i].start_hash;
            is_trajectory &= r[k].trajectory != r[i].trajectory;
        }
        o->n_starts += is_start;
        o->n_trajectories += is_trajectory;
    }
}

void observed_begin(struct observed *o)
{
    o->n_episodes++;
    memset(o->was, 0, (size_t)o->n_obs);
}

void observed_see(struct observed *o, const double *values)
{
    for (int k = 0; k < o->n_lists; k++) {
        struct observed_list *l = &o->lists[k];
        for (int i = l->at; i < l->at + l->len; i++) {
            if (values[i] != 0) {
                l->back += o->was[i] == OBSERVED_GONE;
                o->was[i] = OBSERVED_THERE;
            } else if (o->was[i] == OBSERVED_THERE) {
                l->gone++;
                o->was[i] = OBSERVED_GONE;
            }
        }
    }
}

static void observed_size(struct observed_reward *r, double reward)
{
    int i = 0;

    if (r->n_sizes < 0)
        return;
    while (i < r->n_sizes && r->sizes[i] != reward)
        i++;
    if (i == OBSERVED_SIZES) {
        r->n_sizes = -1;
        return;
    }
    if (i == r->n_sizes) {
        r->sizes[i] = reward;
        r->times[i] = 0;
        r->n_sizes++;
    }
    r->times[i]++;
}

static struct observed_reward *observed_kind(struct observed *o, uint32_t events)
{
    struct observed_reward *r;

    for (int i = 0; i < o->n_rewards; i++)
        if (o->rewards[i].events == events || o->rewards[i].is_rest)
            return &o->rewards[i];
    r = &o->rewards[o->n_rewards++];
    *r = (struct observed_reward){ .events = events,
                                   .is_rest = o->n_rewards == OBSERVED_REWARDS,
                                   .min = INFINITY,
                                   .max = -INFINITY };
    return r;
}

void observed_earn(struct observed *o, const struct env_step *s)
{
    struct observed_reward *r;

    o->n_steps++;
    o->is_ever_positive |= s->reward > 0;
    if (s->reward == 0 && !s->events)
        return;
    r = observed_kind(o, s->events);
    r->n++;
    r->sum += s->reward;
    r->min = fmin(r->min, s->reward);
    r->max = fmax(r->max, s->reward);
    observed_size(r, s->reward);
}
