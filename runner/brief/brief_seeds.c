/* brief_seeds.c - how the policy does, seed by seed, and of what its reward is made. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/brief.h"
#include "runner/brief/brief_table.h"
#include "runner/evaluate/stats.h"

#define SEEDS_SHOWN 64

static struct summary seeds_scores(const struct brief *b)
{
    double *values = xcalloc((size_t)b->n + 1, sizeof(*values));
    struct summary s;

    for (int i = 0; i < b->n; i++)
        values[i] = b->results[i].score;
    s = summarize(values, b->n);
    free(values);
    return s;
}

static int64_t seeds_most_instructions(const struct brief *b)
{
    int64_t most = 0;

    for (int i = 0; i < b->n; i++)
        if (b->results[i].most_instructions > most)
            most = b->results[i].most_instructions;
    return most;
}

/* One course of events, whatever the seed? Then there is one row. */
static bool seeds_are_one(const struct brief *b)
{
    for (int i = 1; i < b->n; i++)
        if (b->results[i].trajectory != b->results[0].trajectory)
            return false;
    return b->n > 1;
}

void brief_seeds_write(FILE *f, const struct brief *b)
{
    struct summary s = seeds_scores(b);
    double far = failures_far_below(b->results, b->n);
    int64_t most = seeds_most_instructions(b);
    int shown = brief_share(b, SEEDS_SHOWN), n_far = 0;
    int n = seeds_are_one(b) ? 1 : b->n < shown ? b->n : shown;
    struct brief_table t = { 0 };

    for (int i = 0; i < b->n; i++)
        n_far += b->results[i].score < far;
    fprintf(f,
            "\n## How it does on the %d dev seeds\nMean return %.6g (standard error %.3g, "
            "standard deviation %.4g, min %.6g, max %.6g).",
            b->n, s.mean, b->n ? s.std / sqrt(b->n) : 0, s.std, s.min, s.max);
    if (most > 0)
        fprintf(f,
                " An act took %" PRId64 " VM instructions at most, of %" PRId64 ".", most,
                b->task->limits.act_instructions);
    if (n_far)
        fprintf(f, " Below %.6g a return is far below the rest (%d here).", far, n_far);
    fputs("\n", f);
    brief_table_column(&t, "seed");
    brief_table_column(&t, "return");
    brief_table_column(&t, "steps");
    brief_table_column(&t, "ended");
    for (int i = 0; i < n; i++) {
        const struct episode_result *r = &b->results[i];
        brief_table_cell(&t, "%d", i);
        brief_table_cell(&t, "%.6g", r->score);
        brief_table_cell(&t, "%" PRId64, r->n_steps);
        brief_table_cell(&t, "%s",
                         r->fault        ? fault_name(r->fault)
                         : r->terminated ? "terminated"
                                         : "by the time limit");
    }
    brief_table_write(f, &t);
    brief_table_clear(&t);
    if (n == 1 && b->n > 1)
        fprintf(f, "(All %d seeds gave this one trajectory.)\n", b->n);
    else if (b->n > n)
        fprintf(f, "(%d further seeds are left out.)\n", b->n - n);
}

static void reward_name(FILE *f, const struct env *env, const struct observed_reward *r)
{
    int n = 0;

    if (r->is_rest)
        fputs("all other kinds", f);
    else if (!r->events)
        fputs("no event", f);
    for (int i = 0; !r->is_rest && env->events && env->events[i].name; i++)
        if (r->events >> i & 1)
            fprintf(f, "%s%s", n++ ? " + " : "", env->events[i].name);
}

static void reward_kind(FILE *f, const struct observed *o, const struct observed_reward *r)
{
    double n = o->n_episodes ? o->n_episodes : 1;

    fputs("- ", f);
    reward_name(f, o->env, r);
    fputs(": ", f);
    if (r->n_sizes < 0)
        fprintf(f, "%.6g to %.6g, %.4g times", r->min, r->max, (double)r->n / n);
    for (int i = 0; i < r->n_sizes; i++)
        fprintf(f, "%s%.6g %.4g times", i ? ", " : "", r->sizes[i],
                (double)r->times[i] / n);
    fprintf(f, ", in all %+.6g\n", r->sum / n);
}

/* The events that earned nothing, in one line: how often they came. */
static void reward_nothing(FILE *f, const struct observed *o)
{
    int n = 0;

    for (int i = 0; i < o->n_rewards; i++) {
        const struct observed_reward *r = &o->rewards[i];
        if (r->min != 0 || r->max != 0)
            continue;
        fputs(n++ ? ", " : "- 0: ", f);
        reward_name(f, o->env, r);
        fprintf(f, " %.4g times", (double)r->n / (o->n_episodes ? o->n_episodes : 1));
    }
    if (n)
        fputs("\n", f);
}

void brief_reward_write(FILE *f, const struct brief *b)
{
    const struct observed *o = &b->failures->seen;

    if (!o->n_steps)
        return;
    fputs("\n## What the reward is made of\nOf the steps with these events, in a mean dev "
          "episode",
          f);
    fprintf(f, " of %.4g steps:\n", (double)o->n_steps / (o->n_episodes ? o->n_episodes : 1));
    for (int i = 0; i < o->n_rewards; i++)
        if (o->rewards[i].min != 0 || o->rewards[i].max != 0)
            reward_kind(f, o, &o->rewards[i]);
    reward_nothing(f, o);
    if (!o->n_rewards)
        fputs("- there was none\n", f);
    for (int i = 0; i < o->n_lists; i++) {
        const struct observed_list *l = &o->lists[i];
        if (l->gone && l->back)
            fprintf(f,
                    "Of %" PRId64 " entries of `%s` that went to 0, %" PRId64
                    " came back later in the episode.\n",
                    l->gone, l->name, l->back);
        else if (l->gone)
            fprintf(f,
                    "Entries of `%s` that went to 0 (%" PRId64 ") never came back in an "
                    "episode.\n",
                    l->name, l->gone);
    }
}
