/* viewer_keys.c - every key, in one table that the help shows, too. */
#include <string.h>

#include "runner/view/viewer.h"

typedef void (*key_action)(struct viewer *v);

#define STEP(name, steps)                 \
    static void name(struct viewer *v)    \
    {                                     \
        viewing_step(&v->viewing, steps); \
    }
STEP(viewer_keys_step, 1)
STEP(back, -1)
STEP(leap, 10)
STEP(leap_back, -10)
STEP(far, 1000)
STEP(far_back, -1000)

#define JUMP(name, direction, is_failure)                      \
    static void name(struct viewer *v)                         \
    {                                                          \
        if (!viewing_jump(&v->viewing, direction, is_failure)) \
            viewer_say(v, false, "there is none");             \
    }
JUMP(next_event, 1, false)
JUMP(previous_event, -1, false)
JUMP(next_failure, 1, true)
JUMP(previous_failure, -1, true)

static void viewer_keys_play(struct viewer *v)
{
    viewing_play(&v->viewing, !v->viewing.is_playing);
}

static void go_start(struct viewer *v)
{
    viewing_seek(&v->viewing, 0);
}

static void go_end(struct viewer *v)
{
    viewing_seek(&v->viewing, v->viewing.n_steps);
}

static void faster(struct viewer *v)
{
    viewing_set_speed(&v->viewing, v->viewing.speed + 1);
}

static void slower(struct viewer *v)
{
    viewing_set_speed(&v->viewing, v->viewing.speed - 1);
}

static void plain_speed(struct viewer *v)
{
    viewing_set_speed(&v->viewing, 0);
}

static void go_difference(struct viewer *v)
{
    struct viewing *s = &v->viewing;

    viewing_tick(s, 0, 1e6); /* to the end: the difference is wanted now */
    if (s->n_tracks < 2)
        viewer_say(v, false, "drop a second replay to compare");
    else if (s->differs_at < 0)
        viewer_say(v, false, "both replays are the same");
    else
        viewing_seek(s, s->differs_at);
}

static void toggle_marks(struct viewer *v)
{
    v->viewing.has_marks = !v->viewing.has_marks;
}

#define TOGGLE(group)                                                             \
    static void toggle_##group(struct viewer *v)                                  \
    {                                                                             \
        v->viewing.is_shown[GROUP_##group] = !v->viewing.is_shown[GROUP_##group]; \
    }
TOGGLE(step)
TOGGLE(observation)
TOGGLE(notes)
TOGGLE(replay)

static void range_from(struct viewer *v)
{
    viewing_mark_range(&v->viewing, v->viewing.at, -1);
}

static void range_to(struct viewer *v)
{
    viewing_mark_range(&v->viewing, -1, v->viewing.at);
}

static void no_range(struct viewer *v)
{
    v->viewing.from = 0;
    v->viewing.to = -1;
}

static void zoom_in(struct viewer *v)
{
    timeline_zoom(v, 0.5, v->viewing.at);
}

static void zoom_out(struct viewer *v)
{
    timeline_zoom(v, 2, v->viewing.at);
}

static void close_second(struct viewer *v)
{
    viewing_close(&v->viewing, v->viewing.n_tracks > 1 ? 1 : -1);
    v->has_whatif = false;
}

static void full_screen(struct viewer *v)
{
    v->is_fullscreen = !v->is_fullscreen;
    SDL_SetWindowFullscreen(v->ui.window,
                            v->is_fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0);
}

static void help(struct viewer *v)
{
    v->is_help = !v->is_help;
}

static void leave(struct viewer *v)
{
    if (v->is_help)
        v->is_help = false;
    else
        v->is_over = true;
}

enum { ANY = 0, SHIFT = KMOD_SHIFT };

/* A key by its code and whether Shift is held; the first row that fits is done. Rows
 * without a text are other keys for what the row above does. */
static const struct binding {
    SDL_Keycode key;
    int modifier;
    key_action action;
    const char *keys, *help;
} bindings[] = {
    { SDLK_SPACE, ANY, viewer_keys_play, "Space, Return", "play, pause" },
    { SDLK_RETURN, ANY, viewer_keys_play, NULL, NULL },
    { SDLK_RIGHT, SHIFT, leap, "Shift + Right / Left", "ten steps" },
    { SDLK_LEFT, SHIFT, leap_back, NULL, NULL },
    { SDLK_RIGHT, ANY, viewer_keys_step, "Right / Left", "a step, a step back" },
    { SDLK_LEFT, ANY, back, NULL, NULL },
    { SDLK_PERIOD, ANY, viewer_keys_step, NULL, NULL },
    { SDLK_COMMA, ANY, back, NULL, NULL },
    { SDLK_PAGEDOWN, ANY, far, "Page Down / Up", "a thousand steps" },
    { SDLK_PAGEUP, ANY, far_back, NULL, NULL },
    { SDLK_HOME, ANY, go_start, "Home / End", "to the start, to the end" },
    { SDLK_END, ANY, go_end, NULL, NULL },
    { SDLK_UP, ANY, faster, "Up / Down", "faster, slower (1/8 to 64 times)" },
    { SDLK_DOWN, ANY, slower, NULL, NULL },
    { SDLK_BACKSPACE, ANY, plain_speed, "Backspace", "the environment's own speed" },
    { SDLK_n, SHIFT, next_failure, "Shift + N / P", "next, previous failure" },
    { SDLK_p, SHIFT, previous_failure, NULL, NULL },
    { SDLK_n, ANY, next_event, "N / P", "next, previous event or flag" },
    { SDLK_p, ANY, previous_event, NULL, NULL },
    { SDLK_d, ANY, go_difference, "D", "first step in which two replays differ" },
    { SDLK_w, ANY, whatif_run, "W", "what if: another policy from here" },
    { SDLK_c, ANY, close_second, "C", "close the second replay" },
    { SDLK_m, ANY, toggle_marks, "M", "the policy's marks" },
    { SDLK_1, ANY, toggle_step, "1 2 3 4", "groups of the panel" },
    { SDLK_2, ANY, toggle_observation, NULL, NULL },
    { SDLK_3, ANY, toggle_notes, NULL, NULL },
    { SDLK_4, ANY, toggle_replay, NULL, NULL },
    { SDLK_LEFTBRACKET, ANY, range_from, "[ and ]",
      "the range for exports starts, ends here" },
    { SDLK_RIGHTBRACKET, ANY, range_to, NULL, NULL },
    { SDLK_BACKSLASH, ANY, no_range, "\\", "no range" },
    { SDLK_s, ANY, export_frame, "S", "save the frame as PNG" },
    { SDLK_l, ANY, export_strip, "L", "save a film strip as PNG" },
    { SDLK_g, ANY, export_gif, "G", "save the range as GIF" },
    { SDLK_v, ANY, export_mp4, "V", "save the range as MP4 (needs ffmpeg)" },
    { SDLK_PLUS, ANY, zoom_in, "+ and -", "zoom the timeline" },
    { SDLK_EQUALS, ANY, zoom_in, NULL, NULL },
    { SDLK_KP_PLUS, ANY, zoom_in, NULL, NULL },
    { SDLK_MINUS, ANY, zoom_out, NULL, NULL },
    { SDLK_KP_MINUS, ANY, zoom_out, NULL, NULL },
    { SDLK_F11, ANY, full_screen, "F11", "full screen" },
    { SDLK_SLASH, SHIFT, help, "?", "this help" },
    { SDLK_QUESTION, ANY, help, NULL, NULL },
    { SDLK_F1, ANY, help, NULL, NULL },
    { SDLK_ESCAPE, ANY, leave, "Escape, Q", "leave" },
    { SDLK_q, ANY, leave, NULL, NULL },
};
#define N_BINDINGS (int)(sizeof(bindings) / sizeof(*bindings))

static const char *const mouse_help[][2] = {
    { "drag on the timeline", "seek" },
    { "Shift + drag there", "the range for exports" },
    { "wheel there", "zoom" },
    { "click on a title", "hide or show the group" },
    { "drop a file", "a replay, or a policy for what if" },
};
#define N_MOUSE (int)(sizeof(mouse_help) / sizeof(*mouse_help))

bool viewer_keys_take(struct viewer *v, const SDL_KeyboardEvent *key)
{
    for (int i = 0; i < N_BINDINGS; i++) {
        const struct binding *b = &bindings[i];
        if (b->key != key->keysym.sym ||
            (b->modifier != ANY && !(key->keysym.mod & b->modifier)) ||
            (key->keysym.mod & (KMOD_CTRL | KMOD_ALT)))
            continue;
        b->action(v);
        return true;
    }
    return false;
}

static void draw_rows(struct viewer *v, int x, int y, int from, int to)
{
    for (int i = from; i < to; i++) {
        if (!bindings[i].keys)
            continue;
        ui_text(&v->ui, UI_BOLD, x, y, 0, UI_TEXT, bindings[i].keys);
        ui_text(&v->ui, UI_PLAIN, x + 168, y, 0, UI_DIM, bindings[i].help);
        y += 22;
    }
}

/* The row at which the second column begins: half of those with a text. */
static int middle_row(void)
{
    int n = 0, half = 0, i = 0;

    for (int k = 0; k < N_BINDINGS; k++)
        n += bindings[k].keys != NULL;
    for (; i < N_BINDINGS && half < (n + 1) / 2; i++)
        half += bindings[i].keys != NULL;
    return i;
}

/* Rows of pairs; returns where the next one would be. */
static int draw_pairs(struct viewer *v, int x, int y, const char *const (*rows)[2], int n)
{
    for (int i = 0; i < n; i++, y += 22) {
        ui_text(&v->ui, UI_BOLD, x, y, 0, UI_TEXT, rows[i][0]);
        ui_text(&v->ui, UI_PLAIN, x + 168, y, 0, UI_DIM, rows[i][1]);
    }
    return y;
}

/* The keys of a live episode, as many as there is room for. */
static void draw_live(struct viewer *v, int x, int y)
{
    const struct view_live *live = v->options->live;

    if (!live || live->n_help == 0)
        return;
    ui_text(&v->ui, UI_BOLD, x, y, 0, UI_ACCENT, "Playing");
    y = draw_pairs(v, x, y + 28, live->help, SDL_min(live->n_help, N_MOUSE));
    if (live->n_help > N_MOUSE)
        ui_text(&v->ui, UI_PLAIN, x, y, 0, UI_FAINT,
                "... all of them are in the terminal");
}

void viewer_keys_draw(struct viewer *v)
{
    SDL_Rect r = { 0, 0, SDL_min(916, v->ui.width - 32),
                   SDL_min(520, v->ui.height - 32) };
    int y;

    if (!v->is_help)
        return;
    r.x = (v->ui.width - r.w) / 2 / UI_GRID * UI_GRID;
    r.y = (v->ui.height - r.h) / 2 / UI_GRID * UI_GRID;
    ui_fill(&v->ui, r.x, r.y, r.w, r.h, UI_SURFACE);
    ui_outline(&v->ui, &r, UI_FAINT);
    SDL_RenderSetClipRect(v->ui.renderer, &r);
    ui_text(&v->ui, UI_BOLD, r.x + 24, r.y + 20, 0, UI_ACCENT, "Keys");
    draw_rows(v, r.x + 24, r.y + 52, 0, middle_row());
    draw_rows(v, r.x + r.w / 2 + 8, r.y + 52, middle_row(), N_BINDINGS);
    y = r.y + 352;
    ui_text(&v->ui, UI_BOLD, r.x + 24, y, 0, UI_ACCENT, "Mouse");
    draw_pairs(v, r.x + 24, y + 28, mouse_help, N_MOUSE);
    draw_live(v, r.x + r.w / 2 + 8, y);
    SDL_RenderSetClipRect(v->ui.renderer, NULL);
}
