/* run_view.c - one episode of a policy that a person watches while it is played.
 *
 * A thread evaluates the episode as always, in a jailed worker and confirmed here, and
 * the window shows what is confirmed at the environment's speed. So that it need not wait
 * for the end, the thread first asks for a short beginning, then for one four times as
 * long, and so on: the same seed gives the same steps, and the whole costs a third
 * more. */
#include "runner/view/run_view.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runner/view/view.h"

#define FIRST_STEPS 64
#define GROWTH 4

struct watching {
    struct evaluation e; /* without progress: parts are no episodes */
    const struct episode_request *request;
    struct policy_facts *facts;
    pthread_mutex_t lock;         /* for what follows */
    struct episode_result result; /* the newest; is_done once there is one */
    bool is_new, is_whole, is_closed, is_unseen;
    int status;
    struct error err;

    /* The window's own: */
    struct replay *replay;
    struct episode_result shown; /* what is being shown, tape.n_steps of it at most */
    bool is_shown_whole;
    bool has_parted;      /* the newest has other steps than those on the screen */
    int n_notes, n_marks; /* of shown, that are in the replay */
};

static bool is_end(const struct episode_result *r, int64_t max_steps)
{
    return !r->is_done || r->fault || r->terminated || r->truncated || max_steps == 0;
}

/* Without a limit when nobody looks any more, or when the beginning might not be the same
 * again. */
static int64_t next_limit(struct watching *w, int64_t before)
{
    pthread_mutex_lock(&w->lock);
    bool is_hurried = w->is_closed || w->e.task->env->bits == ENV_BITS_NONE;
    pthread_mutex_unlock(&w->lock);
    return is_hurried ? 0 : before ? before * GROWTH : FIRST_STEPS;
}

/* There is no window, and so no run. */
static bool run_view_is_unseen(struct watching *w)
{
    pthread_mutex_lock(&w->lock);
    bool is = w->is_unseen;
    pthread_mutex_unlock(&w->lock);
    return is;
}

static void *evaluate_in_parts(void *user)
{
    struct watching *w = user;
    struct episode_request request = *w->request;
    struct episode_result result;
    bool is_over = false;
    int status = 0;

    for (int64_t limit = 0; !is_over && status == 0 && !run_view_is_unseen(w);) {
        struct error err = { "" };
        request.max_steps = limit = next_limit(w, limit);
        result = (struct episode_result){ 0 };
        status = evaluate(&w->e, &request, 1, &result, w->facts, &err);
        is_over = is_end(&result, limit);
        pthread_mutex_lock(&w->lock);
        results_clear(&w->result, 1);
        w->result = result;
        w->status = status;
        w->err = err;
        w->is_whole = is_over || status != 0;
        w->is_new = true;
        pthread_mutex_unlock(&w->lock);
    }
    return NULL;
}

static char *copy_text(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

/* A copy that results_clear frees: the thread goes on with its own. */
static struct episode_result copy_result(const struct episode_result *r)
{
    struct episode_result copy = *r;
    size_t len = (size_t)r->tape.n_steps * (size_t)r->tape.width;

    copy.fault_text = copy_text(r->fault_text);
    copy.tape.data = xcalloc(1, len + 1);
    if (len)
        memcpy(copy.tape.data, r->tape.data, len);
    copy.notes = xcalloc((size_t)r->n_notes + 1, sizeof(*copy.notes));
    copy.marks = xcalloc((size_t)r->n_marks + 1, sizeof(*copy.marks));
    for (int i = 0; i < r->n_notes; i++)
        copy.notes[i] = (struct replay_note){ r->notes[i].step,
                                              xstrdup(r->notes[i].text) };
    for (int i = 0; i < r->n_marks; i++) {
        copy.marks[i] = r->marks[i];
        copy.marks[i].label = copy_text(r->marks[i].label);
    }
    return copy;
}

/* Are the steps that are on the screen the first ones of the result? */
static bool goes_on(const struct replay *r, const struct episode_result *result)
{
    size_t len = (size_t)r->tape.n_steps * (size_t)r->tape.width;

    return result->tape.n_steps >= r->tape.n_steps &&
           (len == 0 || !memcmp(result->tape.data, r->tape.data, len));
}

/* Takes what the thread has found since the last look. */
static void take_news(struct watching *w)
{
    pthread_mutex_lock(&w->lock);
    if (w->is_new && w->status == 0 && w->result.is_done) {
        results_clear(&w->shown, 1);
        w->shown = copy_result(&w->result);
    }
    w->is_shown_whole = w->is_whole;
    bool is_new = w->is_new && w->status == 0;
    w->is_new = false;
    pthread_mutex_unlock(&w->lock);
    if (!is_new)
        return;
    struct tape *to = &w->replay->tape;
    size_t len = (size_t)w->shown.tape.n_steps * (size_t)to->width;
    w->has_parted = !goes_on(w->replay, &w->shown);
    if (w->has_parted) /* the worker was lost: what was shown stays */
        return;
    to->data = xrealloc(to->data, len + 1);
    if (len)
        memcpy(to->data, w->shown.tape.data, len);
}

static void show_said(struct watching *w, int64_t step)
{
    const struct episode_result *from = &w->shown;

    for (; w->n_notes < from->n_notes && from->notes[w->n_notes].step <= step;
         w->n_notes++)
        replay_add_note(w->replay, from->notes[w->n_notes].step,
                        from->notes[w->n_notes].text,
                        strlen(from->notes[w->n_notes].text));
    for (; w->n_marks < from->n_marks && from->marks[w->n_marks].step <= step;
         w->n_marks++)
        replay_add_mark(w->replay, &from->marks[w->n_marks],
                        strlen(from->marks[w->n_marks].label));
}

static void run_view_state_end(struct watching *w)
{
    struct replay *r = w->replay;

    r->total = w->shown.total;
    r->n_frames = w->shown.n_frames;
    r->terminated = w->shown.terminated;
    r->truncated = w->shown.truncated;
    r->trajectory = w->shown.trajectory;
    r->fault = w->shown.fault;
    free(r->fault_text);
    r->fault_text = xstrdup(w->shown.fault_text ? w->shown.fault_text : "");
}

/* The steps that are there to be shown. */
static int64_t known_steps(const struct watching *w)
{
    return w->has_parted ? w->replay->tape.n_steps : w->shown.tape.n_steps;
}

static bool run_view_advance(void *user, int64_t n_steps)
{
    struct watching *w = user;
    struct tape *tape = &w->replay->tape;

    take_news(w);
    tape->n_steps += n_steps;
    if (tape->n_steps > known_steps(w))
        tape->n_steps = known_steps(w);
    if (!w->has_parted)
        show_said(w, tape->n_steps);
    if (!w->is_shown_whole || tape->n_steps < known_steps(w))
        return true;
    run_view_state_end(w);
    return false;
}

static const char *waiting(void *user)
{
    struct watching *w = user;
    bool is_waiting = w->replay->tape.n_steps == known_steps(w) && !w->is_shown_whole;

    return is_waiting ? "waiting for the policy" : NULL;
}

static int run_view_watch(struct watching *w, const struct env_registry *envs,
                          struct error *err)
{
    const struct view_live live = {
        .user = w,
        .name = w->e.policy.name,
        .replay = w->replay,
        .poll = run_view_advance,
        .status = waiting,
    };
    struct view_options view = { .envs = envs,
                                 .live = &live,
                                 .interrupted = w->e.setup.interrupted };

    return view_run(&view, err);
}

static int watch_thread(struct watching *w, const struct env_registry *envs,
                        struct error *err)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, evaluate_in_parts, w);

    if (code != 0)
        return error_set(err, "cannot start a thread: %s", strerror(code));
    code = run_view_watch(w, envs, err);
    pthread_mutex_lock(&w->lock);
    w->is_closed = true;
    w->is_unseen = code != 0;
    pthread_mutex_unlock(&w->lock);
    pthread_join(thread, NULL);
    if (code == 0 && w->status != 0)
        code = error_set(err, "%s", w->err.text);
    return code;
}

int run_view(const struct evaluation *e, const struct episode_request *request,
             struct episode_result *result, struct policy_facts *facts,
             const struct env_registry *envs, struct error *err)
{
    struct watching w = { .e = *e, .request = request, .facts = facts };
    struct episode_result nothing = { .seed = request->seed };
    int status;

    if (evaluate_check(e, facts, err) != 0)
        return -1;
    if (facts->fault) /* the caller says so */
        return 0;
    w.e.on_result = NULL;
    nothing.tape.width = w.shown.tape.width = tape_width(e->task->env);
    w.replay = replay_of_result(e, &nothing, err);
    if (!w.replay)
        return -1;
    pthread_mutex_init(&w.lock, NULL);
    status = watch_thread(&w, envs, err);
    *result = w.result;
    results_clear(&w.shown, 1);
    replay_destroy(w.replay);
    pthread_mutex_destroy(&w.lock);
    return status;
}
