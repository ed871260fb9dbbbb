/* brief_gate.c - what a verdict can see, what is asked, and when the run ends. */
#include <inttypes.h>
#include <math.h>

#include "runner/brief/brief.h"
#include "runner/evaluate/stats.h"

/* Of the way to the target, or else of the spread: a gate that sees no less is coarse. */
#define COARSE_SHARE 0.25

static void gate_chance(FILE *f, const struct brief *b)
{
    const struct observed *o = &b->failures->seen;
    double sticky = b->task->rules.sticky;

    if (!b->n || !o->n_trajectories)
        return;
    if (b->n > 1 && o->n_starts == 1 && o->n_trajectories == 1 && sticky == 0)
        fprintf(f,
                "The %d dev seeds gave one start and one trajectory: without sticky actions "
                "this task is one single episode, the gate plays a few equal pairs of it, "
                "and a gain here may be one course learned by heart. It is better judged "
                "with `--set sticky=0.25`.\n",
                b->n);
    else if (o->n_starts < b->n || sticky > 0)
        fprintf(f, "The %d dev seeds gave %d different starts and %d trajectories%s.\n",
                b->n, o->n_starts, o->n_trajectories,
                sticky > 0 ? "; chance goes on in the episode, by sticky actions" : "");
    if (b->n_starts > 0)
        fprintf(f,
                "Seeds give %d start%s in all: where a policy repeats itself the gate plays "
                "each twice, %d pairs, and no more.\n",
                b->n_starts, b->n_starts > 1 ? "s" : "", 2 * b->n_starts);
}

/* Advice by what can be seen: a small change under a coarse gate has no verdict. */
static void gate_advice(FILE *f, const struct brief *b)
{
    double gain = b->looks[0].gain, low = INFINITY, high = -INFINITY, room;

    for (int i = 0; i < b->n; i++) {
        low = fmin(low, b->results[i].score);
        high = fmax(high, b->results[i].score);
    }
    room = isfinite(b->task->target) && b->task->target > b->incumbent_mean
               ? b->task->target - b->incumbent_mean
               : high - low;
    if (gain > COARSE_SHARE * room)
        fprintf(f,
                "That is coarse: a change that is worth less than about %.3g gets no verdict. "
                "Put together what serves one idea, and measure it on dev seeds first.\n",
                gain);
    else
        fputs("That is fine enough to change one thing at a time: the verdict then tells "
              "what it was worth.\n",
              f);
}

static void gate_looks(FILE *f, const struct brief *b)
{
    if (!b->n_looks)
        return;
    fprintf(f,
            "The gate plays up to %d pairs of hidden seeds: with the noise of this run it "
            "finds a true gain of the mean of about %.3g or more (in nine cases of ten), a "
            "smaller one only by luck",
            b->looks[0].pairs, b->looks[0].gain);
    for (int i = 1; i < b->n_looks; i++)
        fprintf(f, "%s %d pairs %.3g", i > 1 ? "," : "; with", b->looks[i].pairs,
                b->looks[i].gain);
    fputs(".\n", f);
    if (b->n_challengers)
        fprintf(f,
                "%d candidate%s unclear so far; the strongest gets %d further pairs an "
                "iteration, and the same program again goes on from its pairs.\n",
                b->n_challengers, b->n_challengers > 1 ? "s are" : " is",
                b->task->splits.challenger);
    gate_advice(f, b);
}

static void gate_equal(FILE *f, const struct brief *b)
{
    if (b->task->margin <= 0) {
        fputs("\"Simpler\" is less code and the same episodes, move by move, in all pairs "
              "(this task's margin is 0).\n",
              f);
        return;
    }
    fprintf(f, "\"Simpler\" is less code, proven to be no more than %.6g (the margin) below",
            b->task->margin);
    if (b->pairs_for_equal)
        fprintf(f, ": of equals that takes about %d pairs.\n", b->pairs_for_equal);
    else if (b->n_looks)
        fprintf(f, ": with this noise more than the %d pairs that it may get.\n",
                task_gate_most(b->task));
    else
        fputs(".\n", f);
}

static void gate_robust(FILE *f, const struct brief *b)
{
    const struct robust *r = b->robust;

    if (!r || !r->n || b->parent_iteration >= 0)
        return;
    fprintf(f,
            "The current policy, dev mean of %d: %.6g as it is, %.6g with sticky actions "
            "(p = %g), %.6g from perturbed starts.\n",
            r->n, r->plain, r->sticky, r->p, r->starts);
}

/* When it ends, and what happens before. A budget of steps, calls or money may end it
 * sooner: what is left of these changes while it goes on, and `task_info` tells. */
static void gate_end(FILE *f, const struct brief *b)
{
    const struct task_budget *budget = &b->task->budget;
    int64_t left = budget->iterations - b->iteration;
    int64_t empty = budget->fruitless - b->n_empty;

    if (budget->iterations && left <= 0) {
        fputs("This is the run's last iteration.\n", f);
        return;
    }
    if (budget->iterations)
        fprintf(f, "The run ends after %" PRId64 " more iteration%s", left,
                left > 1 ? "s" : "");
    if (budget->fruitless)
        fprintf(f, "%s after %" PRId64 " more without a new policy that loads",
                budget->iterations ? ", or" : "The run ends", empty);
    if (budget->iterations || budget->fruitless)
        fputs(".", f);
    if (budget->patience)
        fprintf(f, "%sAfter %" PRId64 " more without a promotion it counts as stuck%s.",
                budget->iterations || budget->fruitless ? " " : "",
                budget->patience - b->n_fruitless % budget->patience,
                b->task->uses_archive ? " and works on another earlier candidate" : "");
    if (budget->iterations || budget->fruitless || budget->patience)
        fputs("\n", f);
}

void brief_gate_write(FILE *f, const struct brief *b)
{
    fputs("\n## What a verdict can see\n", f);
    gate_chance(f, b);
    gate_looks(f, b);
    gate_equal(f, b);
    gate_robust(f, b);
    gate_end(f, b);
}

void brief_ask_write(FILE *f, const struct brief *b, int tokens)
{
    if (!b->is_at_target)
        return;
    fputs("\n## What is asked now\nThe target is reached", f);
    if (b->task->budget.after_target == AFTER_TARGET_climb) {
        fputs(", and the run climbs on: a higher mean is wanted, as ever", f);
        if (b->n_looks)
            fprintf(f, ", by %.3g or more for a verdict", b->looks[0].gain);
        fputs(".\n", f);
        return;
    }
    fprintf(f,
            ". Make the policy simpler: the same score with clearly fewer than its %d "
            "tokens. Take out what no failure and no case needs. ",
            tokens);
    if (b->task->margin > 0)
        fprintf(f, "The gate grants a mean that is at most %.6g lower", b->task->margin);
    else
        fputs("The gate grants no lower mean", f);
    if (b->pairs_for_equal)
        fprintf(f, " (about %d pairs)", b->pairs_for_equal);
    fputs("; a better return is welcome too, and is judged as before.\n", f);
}
