/* view.c - the viewer's loop: takes events, lets time go by, draws when something
 * changed. */
#include "runner/view/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/view/viewer.h"

#define FRAME_MS 16
#define IDLE_MS 100 /* for an event, when nothing moves */
#define SCAN_MS 6   /* of each frame, for looking ahead */
#define MESSAGE_MS 5000
#define WIDTH 1280
#define HEIGHT 800

#define TRACK 96
#define TRANSPORT 40
#define PANEL 320
#define NARROW_PANEL 260

void viewer_drop(struct viewer *v, const char *path)
{
    if (text_ends_with(path, ".lua")) {
        free(v->policy);
        v->policy = xstrdup(path);
        whatif_run(v);
        return;
    }
    struct error err;
    if (v->viewing.is_live)
        viewer_say(v, false, "an episode is going on: drop the file when it is over");
    else if (!viewing_has_replay(&v->viewing))
        viewing_open(&v->viewing, path); /* or the reason why not, large */
    else if (viewing_try(&v->viewing, path, &err) < 0)
        viewer_say(v, true, "%s", err.text); /* what is there stays in view */
    else
        v->has_whatif = false;
    stage_forget(v);
    timeline_forget(v);
}

static void view_lay_out(struct viewer *v)
{
    int width = v->ui.width, height = v->ui.height;
    int panel = width < 960 ? NARROW_PANEL : PANEL;
    int above = height - TRACK - TRANSPORT;

    v->stage = (SDL_Rect){ 0, 4, width - panel, above - 4 };
    v->panel = (SDL_Rect){ width - panel, 0, panel, above };
    v->track = (SDL_Rect){ 0, above + 1, width, TRACK - 1 };
    v->transport = (SDL_Rect){ 0, above + TRACK, width, TRANSPORT };
}

static void set_title(struct viewer *v)
{
    const struct viewing *s = &v->viewing;
    char title[256] = "ratchet view";

    if (s->n_tracks > 0)
        snprintf(title, sizeof(title), "%.100s - step %lld of %lld - ratchet view",
                 s->tracks[0].name, (long long)s->at, (long long)s->n_steps);
    if (strcmp(title, SDL_GetWindowTitle(v->ui.window)) != 0)
        SDL_SetWindowTitle(v->ui.window, title);
}

static void view_draw(struct viewer *v)
{
    ui_begin(&v->ui);
    view_lay_out(v);
    if (v->is_help && v->ui.was_pressed) {
        v->is_help = v->ui.was_pressed = false;
        v->is_dirty = true;
    }
    /* What the mouse changes is worked out while drawing, from the bottom up, so that the
     * pictures are of the step that the timeline was dragged to. */
    transport_draw(v);
    timeline_draw(v);
    panel_draw(v);
    stage_draw(v);
    viewer_keys_draw(v);
    set_title(v);
    v->is_dirty |= v->ui.was_pressed ||
                   v->ui.wheel != 0; /* what that changed shows next time */
    ui_end(&v->ui);
}

/* Does the episode want the key? While it is paused, keys are the viewer's. */
static bool live_takes(struct viewer *v, const SDL_KeyboardEvent *key)
{
    const struct view_live *live = v->options->live;
    bool is_down = key->type == SDL_KEYDOWN;
    bool is_ours = !v->viewing.is_playing || (key->keysym.mod & (KMOD_CTRL | KMOD_ALT));

    return live && live->key && v->viewing.is_live && !(is_down && is_ours) &&
           live->key(live->user, SDL_GetKeyName(key->keysym.sym), is_down);
}

static void take_event(struct viewer *v, const SDL_Event *event)
{
    v->is_dirty = true;
    switch (event->type) {
    case SDL_QUIT:
        v->is_over = true;
        break;
    case SDL_KEYDOWN:
    case SDL_KEYUP:
        if (!live_takes(v, &event->key) && event->type == SDL_KEYDOWN)
            viewer_keys_take(v, &event->key);
        break;
    case SDL_DROPFILE:
        viewer_drop(v, event->drop.file);
        SDL_free(event->drop.file);
        break;
    default:
        ui_take(&v->ui, event);
    }
}

static void poll_live(struct viewer *v, double seconds)
{
    const struct view_live *live = v->options->live;

    if (!live || !v->viewing.is_live)
        return;
    bool goes_on = live->poll(live->user, viewing_due(&v->viewing, seconds));
    viewing_grow(&v->viewing);
    v->is_dirty = true;
    if (!goes_on) {
        v->viewing.is_live = v->viewing.is_playing = false;
        viewer_say(v, false, "the episode is over: return %g in %lld steps",
                   v->viewing.tracks[0].player->episode.now.total,
                   (long long)v->viewing.n_steps);
    }
}

static void loop(struct viewer *v)
{
    uint32_t before = SDL_GetTicks();
    SDL_Event event;

    v->is_dirty = true;
    while (!v->is_over && !(v->options->interrupted && *v->options->interrupted)) {
        bool is_busy = v->viewing.is_playing || v->viewing.is_live || v->is_dirty;
        if (!is_busy && SDL_WaitEventTimeout(&event, IDLE_MS))
            take_event(v, &event);
        /* One press or wheel a picture, so that none is lost between two. */
        while (!v->ui.was_pressed && !v->ui.was_released && SDL_PollEvent(&event))
            take_event(v, &event);
        uint32_t start = SDL_GetTicks();
        double seconds = (start - before) * 1e-3;
        before = start;
        poll_live(v, seconds);
        v->is_dirty |= viewing_tick(&v->viewing, seconds, SCAN_MS);
        whatif_watch(v);
        if (v->message[0] && start - v->message_ms > MESSAGE_MS) {
            v->message[0] = 0;
            v->is_dirty = true;
        }
        if (v->is_dirty) {
            v->is_dirty = false;
            view_draw(v);
        }
        uint32_t used = SDL_GetTicks() - start;
        if (used < FRAME_MS)
            SDL_Delay(FRAME_MS - used);
    }
}

/* Before there is a window: what cannot be shown is said where it was asked for. */
static int open_files(struct viewer *v, struct error *err)
{
    const struct view_options *o = v->options;

    for (int i = 0; i < o->n_paths && i < VIEWING_TRACKS; i++)
        if (viewing_try(&v->viewing, o->paths[i], err) < 0)
            return -1;
    return 0;
}

static void view_begin(struct viewer *v)
{
    const struct view_options *o = v->options;
    const struct view_live *live = o->live;

    if (live)
        viewing_add(&v->viewing, live->replay, live->name, true);
    v->places = xcalloc((size_t)o->n_flags + 1, sizeof(*v->places));
    for (int i = 0; i < o->n_flags; i++)
        v->places[i] = o->flags[i].step;
    v->viewing.places = v->places;
    v->viewing.n_places = o->n_flags;
    viewing_seek(&v->viewing, o->at < 0 ? v->viewing.n_steps + 1 + o->at : o->at);
    viewing_play(&v->viewing, o->is_playing || live);
}

int view_run(const struct view_options *o, struct error *err)
{
    struct viewer v = { .options = o, .policy = o->policy ? xstrdup(o->policy) : NULL };
    int status = -1;

    viewing_init(&v.viewing, o->envs);
    if (open_files(&v, err) != 0) {
        viewing_clear(&v.viewing);
        free(v.policy);
        return VIEW_BAD_FILE;
    }
    if (ui_open(&v.ui, "ratchet view", WIDTH, HEIGHT, err) != 0)
        goto out;
    view_begin(&v);
    status = 0;
    loop(&v);

out:
    stage_forget(&v);
    timeline_forget(&v);
    viewing_clear(&v.viewing);
    ui_close(&v.ui);
    free(v.places);
    free(v.policy);
    return status;
}
