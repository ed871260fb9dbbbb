/* panel.c - what is known about the step: action, reward, observation, notes. With two
 * replays their values stand side by side, and what differs is lit. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runner/picture/frame.h"
#include "runner/view/viewer.h"

#define PAD 16
#define LINE 20
#define TITLE 28
#define MAX_CELLS_ACROSS 24 /* of a field that is drawn as cells */
#define MAX_NUMBERS 24      /* of a field that is listed */
#define MAX_NOTES 20

/* What an entry takes of the task's note_bytes beside its text, as the worker counts
 * it. */
#define NOTE_COST 16
#define MARK_COST 48

/* Where the next line goes. */
struct pen {
    struct viewer *v;
    int x, y, width;
    int n; /* replays */
};

static bool has_player(const struct pen *p, int i)
{
    return i < p->v->viewing.n_tracks && p->v->viewing.tracks[i].player;
}

static const struct player *player_of(const struct pen *p, int i)
{
    return p->v->viewing.tracks[i].player;
}

/* False when the group is hidden. */
static bool begin_group(struct pen *p, enum viewing_group group)
{
    static const char *const titles[] = {
#define X(name, title) title,
        VIEWING_GROUPS(X)
#undef X
    };
    struct viewing *s = &p->v->viewing;
    SDL_Rect r = { p->x - PAD, p->y, p->width + 2 * PAD, TITLE };
    char key[8];

    if (ui_is_over(&p->v->ui, &r))
        ui_fill(&p->v->ui, r.x, r.y, r.w, r.h, UI_RAISED);
    if (ui_is_clicked(&p->v->ui, &r) && ui_is_over(&p->v->ui, &p->v->panel))
        s->is_shown[group] = !s->is_shown[group];
    bool is_shown = s->is_shown[group];
    ui_shape(&p->v->ui, is_shown ? UI_DOWN : UI_RIGHT, p->x + 4, p->y + 14, 6, UI_DIM);
    ui_text(&p->v->ui, UI_BOLD, p->x + 16, p->y + 6, 0, UI_TEXT, titles[group]);
    snprintf(key, sizeof(key), "%d", (int)group + 1);
    ui_text(&p->v->ui, UI_PLAIN, p->x + p->width - 8, p->y + 6, 0, UI_FAINT, key);
    p->y += TITLE;
    return is_shown;
}

static void end_group(struct pen *p, bool is_shown)
{
    if (is_shown)
        p->y += 8;
    ui_fill(&p->v->ui, p->x - PAD, p->y, p->width + 2 * PAD, 1, UI_LINE);
    p->y += 1;
}

/* A name and one value a replay; values that differ are lit. */
static void write_row(struct pen *p, const char *name, const char *unit,
                      const char *const *values)
{
    struct ui *ui = &p->v->ui;
    int column = p->n > 1 ? p->width * 3 / 10 : p->width * 6 / 10;
    int right = p->x + p->width;
    bool is_different = p->n > 1 && strcmp(values[0], values[1]) != 0;

    for (int i = p->n - 1; i >= 0; i--) {
        int width = ui_text_width(ui, UI_MONO, values[i]);
        int room = column - 8;
        int x = right - (width < room ? width : room);
        ui_text(ui, UI_MONO, x, p->y + 2, room,
                is_different && i == 1 ? UI_ACCENT : UI_TEXT, values[i]);
        right -= column;
    }
    int used = ui_text(ui, UI_PLAIN, p->x, p->y + 2, right - p->x, UI_DIM, name);
    if (*unit && p->x + used + 6 + ui_text_width(ui, UI_PLAIN, unit) < right)
        ui_text(ui, UI_PLAIN, p->x + used + 6, p->y + 2, right - p->x - used, UI_FAINT,
                unit);
    p->y += LINE;
}

static void number_text(double value, char *out, size_t size)
{
    if (value == floor(value) && fabs(value) < 1e9)
        snprintf(out, size, "%.0f", value);
    else
        snprintf(out, size, fabs(value) >= 1e6 || fabs(value) < 1e-3 ? "%.3e" : "%.4f",
                 value);
}

static void action_text(const struct player *p, char *out, size_t size)
{
    double action[ENV_MAX_ACTION];

    if (p->at >= p->replay->tape.n_steps) {
        snprintf(out, size, "-");
        return;
    }
    tape_get(&p->replay->tape, p->episode.env, p->at, action);
    frame_action_text(p->episode.env, action, out, size);
}

static void reward_text(const struct player *p, char *out, size_t size)
{
    if (p->at == 0)
        snprintf(out, size, "-");
    else
        number_text(p->last.reward, out, size);
}

static void return_text(const struct player *p, char *out, size_t size)
{
    number_text(p->episode.now.total, out, size);
}

static void events_text(const struct player *p, char *out, size_t size)
{
    frame_event_text(p->episode.env, p->at > 0 ? p->last.events : 0, out, size);
    if (!*out)
        snprintf(out, size, "-");
}

static void write_facts(struct pen *p, const char *name, const char *unit,
                        void (*write)(const struct player *p, char *out, size_t size))
{
    char texts[VIEWING_TRACKS][128] = { "", "" };
    const char *values[VIEWING_TRACKS] = { texts[0], texts[1] };

    for (int i = 0; i < p->n; i++)
        if (has_player(p, i))
            write(player_of(p, i), texts[i], sizeof(texts[i]));
    write_row(p, name, unit, values);
}

static void draw_step(struct pen *p)
{
    bool is_shown = begin_group(p, GROUP_step);

    if (is_shown) {
        write_facts(p, "action", "chosen here", action_text);
        write_facts(p, "reward", "on the way here", reward_text);
        write_facts(p, "return", "", return_text);
        write_facts(p, "events", "", events_text);
    }
    end_group(p, is_shown);
}

/* As many cells a row as divide n, so that a wall of bricks looks like one. */
static int cells_across(int n)
{
    int best = n < MAX_CELLS_ACROSS ? n : MAX_CELLS_ACROSS;

    for (int i = MAX_CELLS_ACROSS; i > 5; i--)
        if (n % i == 0)
            return i;
    return best;
}

/* Cells that are not as in `other` (NULL: none) have a red edge. */
static void draw_cells(struct pen *p, const struct env_field *f, const double *value,
                       const double *other)
{
    int across = cells_across(f->n), size = p->width / across, y = p->y;

    size = size > 16 ? 16 : size;
    for (int i = 0; i < f->n; i++) {
        double share = (value[i] - f->min) / (f->max - f->min);
        uint32_t color = share > 0.5 ? UI_ACCENT : UI_RAISED;
        SDL_Rect r = { p->x + i % across * size, y + i / across * 8, size - 1, 7 };
        ui_fill(&p->v->ui, r.x, r.y, r.w, r.h, color);
        if (other && other[i] != value[i])
            ui_outline(&p->v->ui, &r, UI_FAILURE);
    }
    p->y += (f->n + across - 1) / across * 8 + 8;
}

static void draw_numbers(struct pen *p, const struct env_field *f, const double *value)
{
    int n = f->n < MAX_NUMBERS ? f->n : MAX_NUMBERS, across = 4,
        width = p->width / across;
    char text[32];

    for (int i = 0; i < n; i++) {
        number_text(value[i], text, sizeof(text));
        ui_text(&p->v->ui, UI_MONO, p->x + i % across * width, p->y + i / across * LINE,
                width - 4, UI_TEXT, text);
    }
    p->y += (n + across - 1) / across * LINE;
    if (n < f->n) {
        snprintf(text, sizeof(text), "... and %d more", f->n - n);
        ui_text(&p->v->ui, UI_PLAIN, p->x, p->y, 0, UI_FAINT, text);
        p->y += LINE;
    }
}

static void draw_list(struct pen *p, const struct env_field *f, double *const *obs,
                      int at)
{
    static const char *const nothing[VIEWING_TRACKS] = { "", "" };

    write_row(p, f->name, f->unit, nothing);
    for (int i = 0; i < p->n; i++) {
        if (!obs[i])
            continue;
        if (f->min == 0 && f->max == 1)
            draw_cells(p, f, obs[i] + at, i == 1 && obs[0] ? obs[0] + at : NULL);
        else
            draw_numbers(p, f, obs[i] + at);
    }
}

static void draw_fields(struct pen *p, double *const *obs)
{
    const struct env *env = NULL;
    int at = 0;

    for (int i = 0; i < p->n && !env; i++)
        if (has_player(p, i))
            env = player_of(p, i)->episode.env;
    for (const struct env_field *f = env->fields; f->name; at += f->n, f++) {
        char texts[VIEWING_TRACKS][32] = { "", "" };
        const char *values[VIEWING_TRACKS] = { texts[0], texts[1] };
        if (f->n > 1) {
            draw_list(p, f, obs, at);
            continue;
        }
        for (int i = 0; i < p->n; i++)
            if (obs[i])
                number_text(obs[i][at], texts[i], sizeof(texts[i]));
        write_row(p, f->name, f->unit, values);
    }
}

static void draw_observation(struct pen *p)
{
    bool is_shown = begin_group(p, GROUP_observation);
    double *obs[VIEWING_TRACKS] = { NULL, NULL };
    const struct env *env = NULL;

    for (int i = 0; i < p->n && is_shown; i++) {
        if (!has_player(p, i) || (env && player_of(p, i)->episode.env != env))
            continue; /* of another environment: nothing to put beside the first */
        env = player_of(p, i)->episode.env;
        obs[i] = xcalloc((size_t)player_of(p, i)->episode.n_obs, sizeof(double));
        player_observe(player_of(p, i), obs[i]);
    }
    if (env)
        draw_fields(p, obs);
    for (int i = 0; i < VIEWING_TRACKS; i++)
        free(obs[i]);
    end_group(p, is_shown);
}

/* An entry as large as the largest would not have fitted any more: from here on, some may
 * be missing. The worker does not say, so this is the best that is known. */
static bool is_note_room_used_up(const struct replay *r)
{
    size_t used = 0, largest = 0;

    for (int i = 0; i < r->n_notes; i++) {
        size_t cost = strlen(r->notes[i].text) + NOTE_COST;
        used += cost;
        largest = cost > largest ? cost : largest;
    }
    for (int i = 0; i < r->n_marks; i++) {
        size_t cost = strlen(r->marks[i].label) + MARK_COST;
        used += cost;
        largest = cost > largest ? cost : largest;
    }
    return largest > 0 && used + largest > (size_t)r->task->limits.note_bytes;
}

static int64_t last_said(const struct replay *r)
{
    int64_t note = r->n_notes > 0 ? r->notes[r->n_notes - 1].step : 0;
    int64_t mark = r->n_marks > 0 ? r->marks[r->n_marks - 1].step : 0;

    return note > mark ? note : mark;
}

static void draw_note_end(struct pen *p, const struct replay *r, int64_t at)
{
    char text[160];

    if (!is_note_room_used_up(r))
        return;
    snprintf(text, sizeof(text),
             "%" PRId64
             " bytes of notes and marks are used up: they end at step %" PRId64,
             r->task->limits.note_bytes, last_said(r));
    p->y += ui_paragraph(&p->v->ui, UI_PLAIN, p->x, p->y, p->width, 3,
                         at > last_said(r) ? UI_FAILURE : UI_FAINT, text) +
            4;
}

/* The notes of this step; when there are none, the last ones before it, dimmed. */
static void draw_notes_of(struct pen *p, int i)
{
    const struct replay *r = p->v->viewing.tracks[i].replay;
    int64_t at = player_of(p, i)->at;
    int n, first = replay_find_notes(r, at, &n);
    uint32_t color = UI_TEXT;
    char text[64];

    if (n == 0 && first > 0) {
        at = r->notes[first - 1].step;
        first = replay_find_notes(r, at, &n);
        color = UI_FAINT;
        snprintf(text, sizeof(text), "at step %" PRId64 ":", at);
        ui_text(&p->v->ui, UI_PLAIN, p->x, p->y, 0, UI_FAINT, text);
        p->y += LINE;
    }
    for (int k = 0; k < n && k < MAX_NOTES; k++) {
        if (p->n > 1)
            ui_fill(&p->v->ui, p->x, p->y + 5, 6, 6, i == 0 ? UI_ACCENT : UI_SECOND);
        int indent = p->n > 1 ? 12 : 0;
        p->y += ui_paragraph(&p->v->ui, UI_PLAIN, p->x + indent, p->y, p->width - indent,
                             6, color, r->notes[first + k].text) +
                4;
    }
    if (n == 0) {
        ui_text(&p->v->ui, UI_PLAIN, p->x, p->y, 0, UI_FAINT,
                r->n_notes > 0      ? "none yet"
                : *r->policy_source ? "the policy wrote none"
                                    : "none");
        p->y += LINE;
    }
    draw_note_end(p, r, player_of(p, i)->at);
}

static void draw_notes(struct pen *p)
{
    bool is_shown = begin_group(p, GROUP_notes);

    for (int i = 0; i < p->n && is_shown; i++)
        if (has_player(p, i))
            draw_notes_of(p, i);
    end_group(p, is_shown);
}

static const char *verified_text(const struct player *p)
{
    const struct replay *r = p->replay;

    if (p->scanned < r->tape.n_steps)
        return "...";
    return episode_hash(&p->scan_episode) == r->trajectory ? "yes" : "no";
}

static void draw_replay_of(struct pen *p, int i)
{
    const struct replay *r = p->v->viewing.tracks[i].replay;
    const char *slash = strrchr(r->policy_name, '/');
    time_t created = (time_t)r->created;
    char text[128] = "?", seed[32];
    struct tm utc;
    int n = p->n;

    p->n = 1;
    bool is_policy = *r->policy_source;
    write_row(p, is_policy ? "policy" : "played by", "",
              (const char *[]){ !is_policy ? "a person"
                                : slash    ? slash + 1
                                           : r->policy_name });
    snprintf(text, sizeof(text), "%.12s", r->policy_sha256);
    if (is_policy)
        write_row(p, "sha256", "", (const char *[]){ text });
    if (strcmp(r->params, "{}") != 0)
        write_row(p, "params", "", (const char *[]){ r->params });
    snprintf(seed, sizeof(seed), "%" PRIu64, r->seed);
    write_row(p, "seed", "", (const char *[]){ seed });
    number_text(r->total, text, sizeof(text));
    write_row(p, "return", "", (const char *[]){ text });
    if (gmtime_r(&created, &utc))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &utc);
    write_row(p, "recorded", "UTC", (const char *[]){ text });
    if (!p->v->viewing.is_live)
        write_row(p, "verified", "", (const char *[]){ verified_text(player_of(p, i)) });
    if (r->fault)
        p->y += ui_paragraph(&p->v->ui, UI_PLAIN, p->x, p->y, p->width, 8, UI_FAILURE,
                             *r->fault_text ? r->fault_text : fault_text(r->fault)) +
                4;
    p->n = n;
    if (i + 1 < n)
        p->y += 8;
}

static void draw_replay(struct pen *p)
{
    bool is_shown = begin_group(p, GROUP_replay);

    for (int i = 0; i < p->n && is_shown; i++)
        if (has_player(p, i))
            draw_replay_of(p, i);
    end_group(p, is_shown);
}

static void scroll(struct viewer *v)
{
    int most = v->panel_height - v->panel.h;

    if (ui_is_over(&v->ui, &v->panel))
        v->panel_scroll -= v->ui.wheel * 3 * LINE;
    if (v->panel_scroll > most)
        v->panel_scroll = most;
    if (v->panel_scroll < 0)
        v->panel_scroll = 0;
}

void panel_draw(struct viewer *v)
{
    const SDL_Rect *r = &v->panel;
    struct pen p = { v, r->x + PAD, r->y, r->w - 2 * PAD, v->viewing.n_tracks };

    ui_fill(&v->ui, r->x, r->y, r->w, r->h, UI_SURFACE);
    if (!viewing_has_replay(&v->viewing))
        return;
    scroll(v);
    SDL_RenderSetClipRect(v->ui.renderer, r);
    p.y -= v->panel_scroll;
    draw_step(&p);
    draw_observation(&p);
    draw_notes(&p);
    draw_replay(&p);
    v->panel_height = p.y + v->panel_scroll - r->y;
    SDL_RenderSetClipRect(v->ui.renderer, NULL);
}
