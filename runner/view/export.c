/* export.c - what is shown as files: the frame as PNG, a range as GIF, MP4 or film
 * strip. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "runner/picture/clip.h"
#include "runner/picture/film.h"
#include "runner/picture/frame.h"
#include "runner/picture/image.h"
#include "runner/view/viewer.h"

#define PROGRESS_MS 100

/* The first replay that is there: exports are of it. */
static struct track *exported(struct viewer *v)
{
    for (int i = 0; i < v->viewing.n_tracks; i++)
        if (v->viewing.tracks[i].player)
            return &v->viewing.tracks[i];
    viewer_say(v, true, "there is nothing to save");
    return NULL;
}

static char *name_file(const struct viewer *v, const struct track *t, int64_t from,
                       int64_t to, const char *ending)
{
    const char *folder = v->options->export_folder ? v->options->export_folder : ".";
    const char *dot = strrchr(t->name, '.');
    int len = dot ? (int)(dot - t->name) : (int)strlen(t->name);

    if (to < 0)
        return xasprintf("%s/%.*s-%lld.%s", folder, len, t->name, (long long)from,
                         ending);
    return xasprintf("%s/%.*s-%lld-%lld.%s", folder, len, t->name, (long long)from,
                     (long long)to, ending);
}

static void export_report(struct viewer *v, int status, const char *path,
                          const struct error *err)
{
    if (status == 0)
        viewer_say(v, false, "saved %s", strncmp(path, "./", 2) ? path : path + 2);
    else
        viewer_say(v, true, "%s", err->text);
}

void export_frame(struct viewer *v)
{
    struct track *t = exported(v);
    struct error err;

    if (!t)
        return;
    struct canvas frame = frame_alloc(t->player->episode.env, 1);
    scoped char *path = name_file(v, t, t->player->at, -1, "png");
    frame_draw(t->player, 1, v->viewing.has_marks, &frame);
    export_report(v, image_save(&frame, path, &err), path, &err);
    canvas_free(&frame);
}

void export_strip(struct viewer *v)
{
    struct track *t = exported(v);
    struct film_options o = { 0 };
    struct error err;

    if (!t)
        return;
    o.to = v->viewing.to >= 0 ? v->viewing.to : t->player->at;
    o.from = v->viewing.to >= 0 ? v->viewing.from : o.to - FILM_PANELS + 1;
    if (o.from < 0)
        o.from = 0;
    scoped char *path = name_file(v, t, o.from, o.to, "png");
    struct canvas strip = film_draw(t->player, &o);
    export_report(v, image_save(&strip, path, &err), path, &err);
    canvas_free(&strip);
    viewing_seek(&v->viewing, v->viewing.at);
}

struct progress {
    struct viewer *v;
    uint32_t shown_ms;
    bool is_ended;
};

/* Keeps the window alive while a film is made; Escape ends it. */
static bool export_on_progress(void *context, double share)
{
    struct progress *p = context;
    struct viewer *v = p->v;
    SDL_Event event;

    if (SDL_GetTicks() - p->shown_ms < PROGRESS_MS)
        return true;
    p->shown_ms = SDL_GetTicks();
    while (SDL_PollEvent(&event))
        if ((event.type == SDL_KEYDOWN && event.key.keysym.sym == SDLK_ESCAPE) ||
            event.type == SDL_QUIT)
            p->is_ended = true;
    ui_fill(&v->ui, v->stage.x, v->stage.y + v->stage.h - 4, v->stage.w, 4, UI_RAISED);
    ui_fill(&v->ui, v->stage.x, v->stage.y + v->stage.h - 4, (int)(v->stage.w * share), 4,
            UI_ACCENT);
    SDL_RenderPresent(v->ui.renderer);
    return !p->is_ended;
}

static void export_save_clip(struct viewer *v, enum clip_kind kind, const char *ending)
{
    struct track *t = exported(v);
    struct clip_options o = { .kind = kind, .has_marks = v->viewing.has_marks };
    struct progress progress = { v, SDL_GetTicks(), false };
    struct error err;

    if (!t)
        return;
    o.to = v->viewing.to >= 0 ? v->viewing.to : v->viewing.n_steps;
    o.from = v->viewing.to >= 0 ? v->viewing.from : 0;
    scoped char *path = name_file(v, t, o.from, o.to, ending);
    v->viewing.is_playing = false;
    export_report(v, clip_save(t->player, &o, path, export_on_progress, &progress, &err),
                  path, &err);
    viewing_seek(&v->viewing, v->viewing.at);
}

void export_gif(struct viewer *v)
{
    export_save_clip(v, CLIP_GIF, "gif");
}

void export_mp4(struct viewer *v)
{
    export_save_clip(v, CLIP_MP4, "mp4");
}
