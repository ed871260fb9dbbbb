/* viewing.c - what the viewer shows, without a window: replays, where it stands, how it
 * moves. */
#include "runner/view/viewing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/picture/frame.h"
#include "runner/view/compare.h"

#define JUMP_BUDGET_MS \
    2000                  /* for looking ahead when a jump needs what is not known yet */
#define MAX_CATCH_UP 0.25 /* seconds; after a longer stall play goes on, not after */

void viewing_init(struct viewing *s, const struct env_registry *envs)
{
    *s = (struct viewing){ .envs = envs, .to = -1, .differs_at = DIFFERENCE_UNKNOWN };
    s->has_marks = true;
    for (int i = 0; i < N_GROUPS; i++)
        s->is_shown[i] = true;
}

static void clear_track(struct track *t)
{
    player_destroy(t->player);
    if (!t->is_borrowed)
        replay_destroy(t->replay);
    free(t->name);
    free(t->problem);
    *t = (struct track){ 0 };
}

void viewing_clear(struct viewing *s)
{
    for (int i = 0; i < s->n_tracks; i++)
        clear_track(&s->tracks[i]);
    s->n_tracks = 0;
}

static int64_t steps_of(const struct track *t)
{
    return t->replay ? t->replay->tape.n_steps : 0;
}

/* After any change of the tracks. */
static void viewing_settle(struct viewing *s)
{
    s->n_steps = 0;
    for (int i = 0; i < s->n_tracks; i++)
        if (steps_of(&s->tracks[i]) > s->n_steps)
            s->n_steps = steps_of(&s->tracks[i]);
    s->differs_at = DIFFERENCE_UNKNOWN;
    if (s->to > s->n_steps)
        s->to = -1;
    viewing_seek(s, s->at);
}

/* The place for a new track; what was there is cleared. */
static int make_place(struct viewing *s)
{
    int i = s->n_tracks;

    if (i > 0 && !s->tracks[i - 1].replay)
        i--; /* a message gives way */
    else if (i == VIEWING_TRACKS)
        i--;
    clear_track(&s->tracks[i]);
    s->n_tracks = i + 1;
    return i;
}

int viewing_add_problem(struct viewing *s, const char *name, const char *problem)
{
    int i = make_place(s);

    s->tracks[i].name = xstrdup(basename(name));
    s->tracks[i].problem = xstrdup(problem);
    viewing_settle(s);
    return i;
}

static int viewing_add_tape(struct viewing *s, struct replay *r, const char *name,
                            bool is_live, struct error *err)
{
    struct player *p = player_create(r, err);

    if (!p) {
        if (!is_live)
            replay_destroy(r);
        return -1;
    }
    int i = make_place(s);
    s->tracks[i] =
        (struct track){ .name = xstrdup(basename(name)), .replay = r, .player = p };
    s->tracks[i].is_borrowed = is_live;
    s->is_live |= is_live;
    viewing_settle(s);
    return i;
}

int viewing_add(struct viewing *s, struct replay *r, const char *name, bool is_live)
{
    struct error err;
    int i = viewing_add_tape(s, r, name, is_live, &err);

    return i >= 0 ? i : viewing_add_problem(s, name, err.text);
}

int viewing_try(struct viewing *s, const char *path, struct error *err)
{
    struct replay *r = replay_load(s->envs, path, err);

    return r ? viewing_add_tape(s, r, path, false, err) : -1;
}

int viewing_open(struct viewing *s, const char *path)
{
    struct error err;
    int i = viewing_try(s, path, &err);

    return i >= 0 ? i : viewing_add_problem(s, path, err.text);
}

void viewing_close(struct viewing *s, int track)
{
    if (track < 0 || track >= s->n_tracks)
        return;
    clear_track(&s->tracks[track]);
    for (int i = track; i + 1 < s->n_tracks; i++) {
        s->tracks[i] = s->tracks[i + 1];
        s->tracks[i + 1] = (struct track){ 0 };
    }
    s->n_tracks--;
    viewing_settle(s);
}

bool viewing_has_replay(const struct viewing *s)
{
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].replay)
            return true;
    return false;
}

double viewing_rate(const struct viewing *s)
{
    for (int i = 0; i < s->n_tracks; i++) {
        const struct replay *r = s->tracks[i].replay;
        if (r && r->task->env->frames_per_second > 0)
            return r->task->env->frames_per_second / r->task->rules.frame_skip;
    }
    return 60;
}

void viewing_seek(struct viewing *s, int64_t step)
{
    s->at = step < 0 ? 0 : step > s->n_steps ? s->n_steps : step;
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].player)
            player_seek(s->tracks[i].player, s->at);
}

void viewing_step(struct viewing *s, int64_t steps)
{
    s->is_playing = false;
    viewing_seek(s, s->at + steps);
}

void viewing_play(struct viewing *s, bool is_playing)
{
    s->is_playing = is_playing && viewing_has_replay(s);
    s->due = 0;
    if (s->is_playing && (s->at == s->n_steps || s->is_live))
        viewing_seek(s, s->is_live ? s->n_steps : 0);
}

void viewing_set_speed(struct viewing *s, int speed)
{
    s->speed = speed < VIEWING_SLOWEST   ? VIEWING_SLOWEST
               : speed > VIEWING_FASTEST ? VIEWING_FASTEST
                                         : speed;
}

static bool has_event(const struct track *t, int64_t step, bool is_failure_only)
{
    uint32_t events = t->player && step < steps_of(t) ? t->player->events[step] : 0;

    return is_failure_only ? frame_is_failure(t->replay->task->env, events) : events != 0;
}

static bool is_place(const struct viewing *s, int64_t step)
{
    for (int i = 0; i < s->n_places; i++)
        if (s->places[i] == step)
            return true;
    return false;
}

/* Does the step lead to where a jump may end? */
static bool is_goal(const struct viewing *s, int64_t step, bool is_failure_only)
{
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].replay && has_event(&s->tracks[i], step, is_failure_only))
            return true;
    return !is_failure_only && is_place(s, step + 1);
}

bool viewing_jump(struct viewing *s, int direction, bool is_failure_only)
{
    s->is_playing = false;
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].player)
            player_scan(s->tracks[i].player, JUMP_BUDGET_MS);
    int64_t step = direction > 0 ? s->at : s->at - 2;
    for (; step >= 0 && step < s->n_steps; step += direction)
        if (is_goal(s, step, is_failure_only)) {
            viewing_seek(s, step + 1);
            return true;
        }
    return false;
}

static bool viewing_find_difference(struct viewing *s)
{
    struct player *a = s->tracks[0].player, *b = s->tracks[1].player;

    if (s->n_tracks < 2 || !a || !b || s->differs_at != DIFFERENCE_UNKNOWN || s->is_live)
        return false;
    s->differs_at = compare_find(a, b);
    viewing_seek(s, s->at);
    return true;
}

static bool look_ahead(struct viewing *s, double budget_ms)
{
    bool has_changed = false, is_known = true;

    for (int i = 0; i < s->n_tracks; i++) {
        struct player *p = s->tracks[i].player;
        if (!p || p->scanned == p->replay->tape.n_steps)
            continue;
        is_known &= player_scan(p, budget_ms / s->n_tracks);
        has_changed = true;
    }
    return (is_known && viewing_find_difference(s)) || has_changed;
}

static int64_t take_due(struct viewing *s, double seconds)
{
    if (!s->is_playing)
        return 0;
    s->due += fmin(seconds, MAX_CATCH_UP) * viewing_rate(s) * ldexp(1, s->speed);
    int64_t steps = (int64_t)s->due;
    s->due -= (double)steps;
    return steps;
}

int64_t viewing_due(struct viewing *s, double seconds)
{
    return s->is_live ? take_due(s, seconds) : 0;
}

static bool viewing_play_tape(struct viewing *s, double seconds)
{
    int64_t before = s->at;

    if (!s->is_playing || s->is_live) /* then it follows what grows */
        return false;
    viewing_seek(s, s->at + take_due(s, seconds));
    if (s->at == s->n_steps)
        s->is_playing = false;
    return s->at != before || !s->is_playing;
}

bool viewing_tick(struct viewing *s, double seconds, double budget_ms)
{
    bool has_moved = viewing_play_tape(s, seconds);

    return look_ahead(s, budget_ms) || has_moved;
}

void viewing_grow(struct viewing *s)
{
    bool was_at_end = s->at == s->n_steps;

    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].player)
            player_extend(s->tracks[i].player);
    for (int i = 0; i < s->n_tracks; i++)
        if (steps_of(&s->tracks[i]) > s->n_steps)
            s->n_steps = steps_of(&s->tracks[i]);
    if (was_at_end)
        viewing_seek(s, s->n_steps);
}

void viewing_mark_range(struct viewing *s, int64_t from, int64_t to)
{
    int64_t old_to = s->to < 0 ? s->n_steps : s->to;

    s->from = from >= 0 ? from : s->to < 0 ? 0 : s->from;
    s->to = to >= 0 ? to : old_to;
    if (s->from > s->to && from >= 0)
        s->to = s->n_steps;
    if (s->from > s->to)
        s->from = 0;
}
