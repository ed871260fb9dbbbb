/* verify.c - plays a worker's actions again in the harness: what comes out is the score. */
#include "runner/evaluate/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double fault_score(const struct task *task, enum fault_kind fault, double total)
{
    bool is_lost = fault == FAULT_void || fault == FAULT_worker || fault == FAULT_nonsense ||
                   fault == FAULT_forged;

    if (fault == FAULT_none)
        return total;
    if (is_lost)
        return isfinite(task->fault_return) ? task->fault_return : 0;
    return fmin(total, task->fault_return);
}

static void set_fault(struct episode_result *out, enum fault_kind kind, const char *text)
{
    free(out->fault_text);
    out->fault = kind;
    out->fault_text = kind ? xstrdup(text[0] ? text : fault_text(kind)) : NULL;
}

/* Plays the tape to its end or the episode's, whichever is first; returns the steps played. */
static int64_t play(struct episode *e, const struct tape *tape, struct episode_result *out)
{
    double action[ENV_MAX_ACTION];
    int64_t step = 0;

    for (; step < tape->n_steps && !episode_is_over(e); step++) {
        tape_get(tape, e->env, step, action);
        out->events |= episode_step(e, action).events;
    }
    return step;
}

static void judge(const struct episode *e, const struct episode_request *request,
                  const struct claim *claim, int64_t played, struct episode_result *out)
{
    bool is_cut = request->max_steps && played >= request->max_steps;

    set_fault(out, claim->fault.kind, claim->fault.text);
    out->verified = true;
    if (e->env->bits != ENV_BITS_NONE && claim->trajectory != out->trajectory) {
        set_fault(out, FAULT_forged, "");
        out->verified = false;
    } else if (played < claim->tape.n_steps) {
        set_fault(out, FAULT_forged, "the worker sent actions beyond the episode's end");
        out->verified = false;
    } else if (!episode_is_over(e) && !claim->fault.kind && !is_cut) {
        set_fault(out, FAULT_nonsense, "the worker stopped before the episode's end");
        out->verified = false;
    }
}

void verify_claim(struct episode *e, const struct task *task,
                  const struct episode_request *request, const struct claim *claim,
                  struct episode_result *out)
{
    struct error why = { "" };
    int64_t played;

    *out = (struct episode_result){ .seed = request->seed, .is_done = true, .n_tries = 1,
                                    .most_instructions = claim->most_instructions };
    episode_reset(e, request->seed);
    if (tape_check(&claim->tape, e->env, &why) != 0) {
        set_fault(out, FAULT_nonsense, why.text);
        out->score = fault_score(task, out->fault, 0);
        return;
    }
    played = play(e, &claim->tape, out);
    out->total = e->now.total;
    out->n_steps = e->now.n_steps;
    out->n_frames = e->now.n_frames;
    out->terminated = e->now.terminated;
    out->truncated = e->now.truncated;
    out->start_hash = e->now.start_hash;
    out->trajectory = episode_hash(e);
    judge(e, request, claim, played, out);
    out->score = fault_score(task, out->fault, out->total);
    out->tape = (struct tape){ .n_steps = played, .width = claim->tape.width };
    out->tape.data = xcalloc((size_t)played + 1, (size_t)claim->tape.width);
    if (played)
        memcpy(out->tape.data, claim->tape.data, (size_t)played * (size_t)claim->tape.width);
}

void verify_lost(const struct task *task, const struct episode_request *request,
                 const struct vm_fault *fault, struct episode_result *out)
{
    *out = (struct episode_result){ .seed = request->seed, .is_done = true, .n_tries = 1 };
    set_fault(out, fault->kind, fault->text);
    out->tape.width = tape_width(task->env);
    out->score = fault_score(task, fault->kind, 0);
}
