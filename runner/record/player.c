/* player.c - plays a replay: forwards, to any step, and looks at what is there.
 *
 * Two episodes: one stands where the person looks, the other scans ahead from the start
 * and leaves a keyframe every `stride` steps. A seek begins at the nearest keyframe
 * before its goal. Keyframes of the file serve where the scan has not been yet; it
 * replaces each as it passes, so that a wrong one misleads for a moment only. */
#include "runner/record/player.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define STRIDE_MIN 64                          /* steps */
#define KEYFRAMES_MAX 4096                     /* of our own */
#define KEYFRAMES_MAX_BYTES ((size_t)96 << 20) /* of all blocks */
#define STEPS_PER_LOOK 64                      /* at the clock */
#define SCAN_RATHER 8                          /* strides; see go_before */

static int64_t choose_stride(int64_t n_steps, size_t block_size)
{
    int64_t most = (int64_t)(KEYFRAMES_MAX_BYTES / block_size);

    if (most > KEYFRAMES_MAX)
        most = KEYFRAMES_MAX;
    if (most < 1)
        most = 1;
    int64_t stride = n_steps / most + 1;
    return stride < STRIDE_MIN ? STRIDE_MIN : stride;
}

struct player *player_create(const struct replay *r, struct error *err)
{
    void *shown = task_create_instance(r->task, err);
    void *scanned = shown ? task_create_instance(r->task, err) : NULL;
    const struct env *env = r->task->env;

    if (!scanned) {
        env->destroy(shown);
        return NULL;
    }
    struct player *p = xcalloc(1, sizeof(*p));
    p->replay = r;
    p->instance = shown;
    p->scan_instance = scanned;
    episode_init(&p->episode, env, shown, &r->task->rules);
    episode_init(&p->scan_episode, env, scanned, &r->task->rules);
    p->action = xcalloc((size_t)p->episode.n_actions, sizeof(double));
    p->stride = choose_stride(r->tape.n_steps, episode_block_size(&p->episode));
    p->room = r->tape.n_steps;
    p->returns = xcalloc((size_t)p->room + 1, sizeof(*p->returns));
    p->events = xcalloc((size_t)p->room + 1, sizeof(*p->events));
    p->keyframes = xcalloc((size_t)(p->room / p->stride) + 1, sizeof(*p->keyframes));
    episode_reset(&p->scan_episode, r->seed);
    p->at = -1;
    player_seek(p, 0);
    return p;
}

void player_extend(struct player *p)
{
    if (p->replay->tape.n_steps <= p->room)
        return;
    p->room = p->replay->tape.n_steps * 2;
    p->returns = xrealloc(p->returns, sizeof(*p->returns) * (size_t)(p->room + 1));
    p->events = xrealloc(p->events, sizeof(*p->events) * (size_t)(p->room + 1));
    p->keyframes = xrealloc(p->keyframes,
                            sizeof(*p->keyframes) * (size_t)(p->room / p->stride + 1));
}

void player_destroy(struct player *p)
{
    if (!p)
        return;
    episode_clear(&p->episode);
    episode_clear(&p->scan_episode);
    p->replay->task->env->destroy(p->instance);
    p->replay->task->env->destroy(p->scan_instance);
    for (int i = 0; i < p->n_keyframes; i++)
        free(p->keyframes[i].block);
    free(p->keyframes);
    free(p->action);
    free(p->returns);
    free(p->events);
    free(p);
}

bool player_step(struct player *p)
{
    if (p->at >= p->replay->tape.n_steps)
        return false;
    tape_get(&p->replay->tape, p->replay->task->env, p->at, p->action);
    p->last = episode_step(&p->episode, p->action);
    p->at++;
    return true;
}

/* Where the shown episode stands after a keyframe; false when the keyframe is not
 * usable. */
static bool load_keyframe(struct player *p, const struct replay_keyframe *k)
{
    const struct episode_state *now = &p->episode.now;

    p->at = -1; /* until it is known to be good */
    if (episode_load(&p->episode, k->block) != 0)
        return false;
    if (now->n_steps != k->step || now->n_frames < 0 ||
        now->n_frames > k->step * p->episode.rules.frame_skip)
        return false;
    p->at = k->step;
    return true;
}

/* Goes to the last usable keyframe at or before step of those in `list`. */
static bool load_nearest(struct player *p, const struct replay_keyframe *list, int n,
                         int64_t step)
{
    int low = 0, high = n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (list[middle].step <= step)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && load_keyframe(p, &list[low - 1]);
}

static void player_start_over(struct player *p)
{
    episode_reset(&p->episode, p->replay->seed);
    memcpy(p->action, p->replay->task->env->noop,
           sizeof(double) * (size_t)p->episode.n_actions);
    p->last = (struct env_step){ 0 };
    p->is_from_file = false;
    p->at = 0;
}

/* The step from which the keyframes of `list` would let us go on to `step`, or -1. */
static int64_t nearest(const struct replay_keyframe *list, int n, int64_t step)
{
    int64_t best = -1;

    for (int i = 0; i < n && list[i].step <= step; i++)
        best = list[i].step;
    return best;
}

static bool has_file_keyframes(const struct player *p)
{
    return p->replay->block_size == episode_block_size(&p->episode);
}

static void scan_to(struct player *p, int64_t step);

/* Stands at or before step, as near as keyframes allow. */
static void go_before(struct player *p, int64_t step)
{
    const struct replay *r = p->replay;
    int64_t own = (step < p->scanned ? step : p->scanned) / p->stride * p->stride;
    int64_t file = has_file_keyframes(p) ? nearest(r->keyframes, r->n_keyframes, step)
                                         : -1;
    bool is_trusted = !p->is_from_file || p->at > p->scanned;

    if (is_trusted && p->at >= 0 && p->at <= step && p->at >= own && p->at >= file)
        return;
    if (file > p->scanned && load_nearest(p, r->keyframes, r->n_keyframes, step)) {
        p->is_from_file = true;
        return;
    }
    p->is_from_file = false;
    if (step - p->scanned > SCAN_RATHER * p->stride)
        scan_to(p, step); /* costs what playing would, and the next seek is quick */
    if (!load_nearest(p, p->keyframes, p->n_keyframes, step))
        player_start_over(p);
}

void player_seek(struct player *p, int64_t step)
{
    int64_t n = p->replay->tape.n_steps;

    step = step < 0 ? 0 : step > n ? n : step;
    if (step == p->at)
        return;
    if (step == 0) {
        player_start_over(p);
        return;
    }
    go_before(
        p, step - 1); /* the last step is played, so that `last` and `action` are its */
    while (p->at < step)
        player_step(p);
    if (player_check(p, NULL) == 0)
        return;
    player_start_over(p); /* the environment was lost; a reset may bring it back */
    while (p->at < step)
        player_step(p);
}

int player_check(const struct player *p, struct error *err)
{
    return env_check(p->replay->task->env, p->instance, err);
}

static void leave_keyframe(struct player *p)
{
    struct replay_keyframe *k = &p->keyframes[p->n_keyframes++];

    *k = (struct replay_keyframe){ p->scanned, NULL };
    k->block = xcalloc(1, episode_block_size(&p->scan_episode));
    episode_save(&p->scan_episode, k->block);
}

static void scan_step(struct player *p)
{
    const struct replay *r = p->replay;
    double action[ENV_MAX_ACTION];

    if (p->scanned % p->stride == 0 && p->scanned / p->stride == p->n_keyframes)
        leave_keyframe(p);
    tape_get(&r->tape, r->task->env, p->scanned, action);
    p->events[p->scanned] = episode_step(&p->scan_episode, action).events;
    p->returns[++p->scanned] = p->scan_episode.now.total;
}

static void scan_to(struct player *p, int64_t step)
{
    while (p->scanned < step)
        scan_step(p);
}

bool player_scan(struct player *p, double budget_ms)
{
    double end = budget_ms < 0 ? INFINITY : 1e3 * clock_now() + budget_ms;
    int64_t n = p->replay->tape.n_steps;

    while (p->scanned < n) {
        if (p->scanned % STEPS_PER_LOOK == 0 && 1e3 * clock_now() >= end)
            return false;
        scan_step(p);
    }
    return true;
}

void player_observe(const struct player *p, double *out)
{
    p->episode.env->observe(p->instance, out);
}

void player_draw(struct player *p, struct canvas *out)
{
    if (p->episode.env->draw)
        p->episode.env->draw(p->instance, out);
}

static bool is_same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Why what was played is not what the replay states; NULL when it is. */
static const char *player_find_difference(const struct replay *r, const struct episode *e,
                                          uint64_t hash)
{
    if (r->task->env->bits == ENV_BITS_NONE)
        return "this environment does not give the same bits twice";
    if (r->env_version != r->task->env->version)
        return "it was recorded by another version of the environment";
    if (e->now.n_steps != r->tape.n_steps)
        return "the episode ended before the replay's last action";
    if (!is_same_number(e->now.total, r->total))
        return "playing it gives another return";
    if (e->now.terminated != r->terminated || e->now.truncated != r->truncated ||
        e->now.n_frames != r->n_frames)
        return "playing it gives another end";
    if (hash != r->trajectory)
        return "playing it gives another trajectory";
    return NULL;
}

int replay_verify(const struct replay *r, struct replay_check *out, struct error *err)
{
    void *instance = task_create_instance(r->task, err);
    double action[ENV_MAX_ACTION];
    struct episode e;
    int status = -1;

    if (!instance)
        return -1;
    episode_init(&e, r->task->env, instance, &r->task->rules);
    for (int tries = 0; tries < 2 && status != 0; tries++) {
        episode_reset(&e, r->seed);
        for (int64_t i = 0; i < r->tape.n_steps && !episode_is_over(&e); i++) {
            tape_get(&r->tape, r->task->env, i, action);
            episode_step(&e, action);
        }
        status = env_check(r->task->env, instance, err);
    }
    *out = (struct replay_check){ .total = e.now.total, .n_steps = e.now.n_steps };
    out->trajectory = episode_hash(&e);
    const char *why = player_find_difference(r, &e, out->trajectory);
    out->verified = why == NULL;
    strncpy(out->why, why ? why : "", sizeof(out->why) - 1);
    episode_clear(&e);
    r->task->env->destroy(instance);
    return status;
}
