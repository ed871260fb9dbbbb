/* verify.c - plays a worker's actions again in the harness: what comes out is the
 * score. */
#include "runner/evaluate/verify.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/evaluate/process.h"

/* What an entry costs of the task's note_bytes beside its text, as the worker counts it,
 * and the bytes that it takes in a message at least. */
enum { NOTE_COST = 16, MARK_COST = 48, NOTE_LEAST = 16, MARK_LEAST = 52 };

/* The text of an entry, paid for; NULL when it is not right. */
static char *get_said(struct wire *in, int64_t cost, int64_t *bytes_left)
{
    size_t len;
    const uint8_t *bytes = wire_get_bytes(in, &len);

    *bytes_left -= cost + (int64_t)len;
    if (*bytes_left < 0)
        in->is_bad = true;
    return in->is_bad ? NULL : text_clean((const char *)bytes, len, len, true);
}

/* A number of entries that the rest of the message can hold. */
static uint32_t get_count(struct wire *in, size_t least)
{
    uint32_t n = wire_get_u32(in);

    if (n > (in->bytes.len - in->at) / least)
        in->is_bad = true;
    return in->is_bad ? 0 : n;
}

/* Steps go up, so that players find them in order. */
static int64_t get_step(struct wire *in, int64_t least, int64_t most)
{
    int64_t step = wire_get_i64(in);

    if (step < least || step > most)
        in->is_bad = true;
    return step;
}

static void verify_read_notes(struct wire *in, int64_t last_step, int64_t *bytes_left,
                              struct episode_result *out)
{
    uint32_t n = get_count(in, NOTE_LEAST);

    out->notes = xrealloc(out->notes, sizeof(*out->notes) * ((size_t)out->n_notes + n));
    for (uint32_t i = 0; i < n; i++) {
        int64_t least = out->n_notes ? out->notes[out->n_notes - 1].step : 0;
        struct replay_note note = { .step = get_step(in, least, last_step) };
        note.text = get_said(in, NOTE_COST, bytes_left);
        if (!note.text)
            return;
        out->notes[out->n_notes++] = note;
    }
}

static void verify_read_marks(struct wire *in, int64_t last_step, int64_t *bytes_left,
                              struct episode_result *out)
{
    uint32_t n = get_count(in, MARK_LEAST);

    out->marks = xrealloc(out->marks, sizeof(*out->marks) * ((size_t)out->n_marks + n));
    for (uint32_t i = 0; i < n; i++) {
        int64_t least = out->n_marks ? out->marks[out->n_marks - 1].step : 0;
        struct replay_mark m = { .step = get_step(in, least, last_step) };
        m.kind = wire_get_u32(in);
        m.x = wire_get_f64(in);
        m.y = wire_get_f64(in);
        m.a = wire_get_f64(in);
        m.b = wire_get_f64(in);
        if (m.kind >= N_MARK_KINDS || !isfinite(m.x + m.y) || !isfinite(m.a + m.b))
            in->is_bad = true;
        m.label = get_said(in, MARK_COST, bytes_left);
        if (!m.label)
            return;
        out->marks[out->n_marks++] = m;
    }
}

void read_said(struct wire *in, int64_t last_step, int64_t *bytes_left,
               struct episode_result *out)
{
    verify_read_notes(in, last_step, bytes_left, out);
    verify_read_marks(in, last_step, bytes_left, out);
}

int read_claim(struct wire *in, const struct task *task, struct claim *claim)
{
    int64_t bytes_left = task->limits.note_bytes;
    size_t len;
    char *text;

    *claim = (struct claim){ .fault.kind = wire_get_u32(in) };
    text = wire_get_clean(in, sizeof(claim->fault.text) - 1);
    memcpy(claim->fault.text, text, strlen(text) + 1);
    free(text);
    claim->most_instructions = wire_get_i64(in);
    claim->planner_steps = wire_get_i64(in);
    claim->total = wire_get_f64(in);
    claim->trajectory = wire_get_u64(in);
    claim->tape.data = (uint8_t *)wire_get_bytes(in, &len);
    claim->tape.width = tape_width(task->env);
    claim->tape.n_steps = (int64_t)len / claim->tape.width;
    read_said(in, claim->tape.n_steps, &bytes_left, &claim->said);
    if (!in->is_bad && claim->fault.kind < N_FAULTS &&
        len % (size_t)claim->tape.width == 0 &&
        planner_steps_fit(task, claim->planner_steps, claim->tape.n_steps + 1))
        return 0;
    results_clear(&claim->said, 1);
    return -1;
}

double fault_score(const struct task *task, enum fault_kind fault, double total)
{
    bool is_lost = fault == FAULT_void || fault == FAULT_worker ||
                   fault == FAULT_nonsense || fault == FAULT_forged ||
                   fault == FAULT_environment;
    double worst = task_fault_return(task);

    if (fault == FAULT_none)
        return total;
    if (isnan(worst)) /* it is to be measured, and what is void is no reason to */
        return fault == FAULT_environment ? fmin(total, 0) : NAN;
    if (is_lost)
        return isfinite(worst) ? worst : fmin(total, 0);
    return fmin(total, worst);
}

bool planner_steps_fit(const struct task *task, int64_t planner_steps, int64_t n_acts)
{
    int64_t most = task->plan ? task->limits.planner_steps : 0;

    return planner_steps >= 0 && (double)planner_steps <= (double)most * (double)n_acts;
}

static void set_fault(struct episode_result *out, enum fault_kind kind, const char *text)
{
    free(out->fault_text);
    out->fault = kind;
    if (!text[0])
        text = fault_text(kind);
    out->fault_text = kind ? text_clean(text, strlen(text), strlen(text), true) : NULL;
}

/* Plays the tape to its end or the episode's, whichever is first; returns the steps
 * played. */
static int64_t verify_play(struct episode *e, const struct tape *tape,
                           struct episode_result *out)
{
    double action[ENV_MAX_ACTION];
    int64_t step = 0;

    for (; step < tape->n_steps && !episode_is_over(e); step++) {
        tape_get(tape, e->env, step, action);
        out->events |= episode_step(e, action).events;
    }
    return step;
}

/* Did the worker play the recorded actions where it was told to? */
static bool has_shadow(const struct episode_request *request, const struct tape *tape)
{
    const struct tape *shadow = request->shadow;
    int64_t n = !shadow || tape->n_steps < shadow->n_steps ? tape->n_steps
                                                           : shadow->n_steps;

    return !shadow || n == 0 ||
           memcmp(shadow->data, tape->data, (size_t)n * (size_t)tape->width) == 0;
}

static void verify_judge(const struct episode *e, const struct episode_request *request,
                         const struct claim *claim, int64_t played,
                         struct episode_result *out)
{
    bool is_cut = (request->max_steps && played >= request->max_steps) ||
                  (request->max_planner && claim->planner_steps >= request->max_planner);

    set_fault(out, claim->fault.kind, claim->fault.text);
    out->verified = true;
    if (e->env->bits != ENV_BITS_NONE && claim->trajectory != out->trajectory) {
        set_fault(out, FAULT_forged, "");
        out->verified = false;
    } else if (played < claim->tape.n_steps) {
        set_fault(out, FAULT_forged, "the worker sent actions beyond the episode's end");
        out->verified = false;
    } else if (request->max_steps && played > request->max_steps) {
        set_fault(out, FAULT_forged, "the worker played on where it was told to stop");
        out->verified = false;
    } else if (!has_shadow(request, &claim->tape)) {
        set_fault(out, FAULT_forged, "the worker did not play the recorded actions");
        out->verified = false;
    } else if (!episode_is_over(e) && !claim->fault.kind && !is_cut) {
        set_fault(out, FAULT_nonsense, "the worker stopped before the episode's end");
        out->verified = false;
    }
}

/* What the environment broke is not the policy's, whatever the policy made of it. */
static void blame_environment(const struct episode *e, struct episode_result *out)
{
    char text[512];

    if (out->fault == FAULT_forged || out->fault == FAULT_nonsense ||
        !episode_failure(e, text, sizeof(text)))
        return;
    set_fault(out, FAULT_environment, text);
    out->verified = false;
}

void verify_claim(struct episode *e, const struct task *task,
                  const struct episode_request *request, struct claim *claim,
                  struct episode_result *out)
{
    struct error why = { "" };
    int64_t played;

    *out = claim->said;
    claim->said = (struct episode_result){ 0 };
    out->seed = request->seed;
    out->is_done = true;
    out->n_tries = 1;
    out->most_instructions = claim->most_instructions;
    out->planner_steps = claim->planner_steps;
    episode_reset(e, request->seed);
    if (tape_check(&claim->tape, e->env, &why) != 0) {
        set_fault(out, FAULT_nonsense, why.text);
        out->score = fault_score(task, out->fault, 0);
        return;
    }
    played = verify_play(e, &claim->tape, out);
    out->total = e->now.total;
    out->n_steps = e->now.n_steps;
    out->n_frames = e->now.n_frames;
    out->terminated = e->now.terminated;
    out->truncated = e->now.truncated;
    out->start_hash = e->now.start_hash;
    out->trajectory = episode_hash(e);
    verify_judge(e, request, claim, played, out);
    blame_environment(e, out);
    out->score = fault_score(task, out->fault, out->total);
    out->tape = (struct tape){ .n_steps = played, .width = claim->tape.width };
    out->tape.data = xcalloc((size_t)played + 1, (size_t)claim->tape.width);
    if (played)
        memcpy(out->tape.data, claim->tape.data,
               (size_t)played * (size_t)claim->tape.width);
}

void verify_lost(const struct task *task, const struct episode_request *request,
                 const struct vm_fault *fault, struct episode_result *out)
{
    *out =
        (struct episode_result){ .seed = request->seed, .is_done = true, .n_tries = 1 };
    set_fault(out, fault->kind, fault->text);
    out->tape.width = tape_width(task->env);
    out->score = fault_score(task, fault->kind, 0);
}
