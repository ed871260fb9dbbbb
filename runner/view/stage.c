/* stage.c - the pictures: one replay, or two side by side, as large as whole pixels
 * allow. */
#include <stdio.h>
#include <string.h>

#include "runner/picture/frame.h"
#include "runner/view/viewer.h"

#define CAPTION 24 /* height of the line above a picture */

void stage_forget(struct viewer *v)
{
    for (int i = 0; i < VIEWING_TRACKS; i++) {
        struct stage_picture *p = &v->pictures[i];
        if (p->texture)
            SDL_DestroyTexture(p->texture);
        canvas_free(&p->canvas);
        *p = (struct stage_picture){ 0 };
    }
}

static void renew(struct viewer *v, struct stage_picture *p, const struct env *env,
                  int scale)
{
    if (p->texture)
        SDL_DestroyTexture(p->texture);
    canvas_free(&p->canvas);
    p->canvas = frame_alloc(env, scale);
    p->texture = SDL_CreateTexture(v->ui.renderer, SDL_PIXELFORMAT_ARGB8888,
                                   SDL_TEXTUREACCESS_STREAMING, p->canvas.width,
                                   p->canvas.height);
    SDL_SetTextureBlendMode(p->texture, SDL_BLENDMODE_NONE);
    p->scale = scale;
}

/* In the screen's own form of pixels, which it then copies fastest. */
static void upload(struct stage_picture *p)
{
    const uint8_t *in = p->canvas.rgb;
    void *pixels;
    int pitch;

    if (SDL_LockTexture(p->texture, NULL, &pixels, &pitch) != 0)
        return;
    for (int y = 0; y < p->canvas.height; y++) {
        uint32_t *out = (uint32_t *)((char *)pixels + (size_t)y * (size_t)pitch);
        for (int x = 0; x < p->canvas.width; x++, in += 3)
            out[x] = 0xff000000u | (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    }
    SDL_UnlockTexture(p->texture);
}

/* Draws the step anew when what is shown is not it. */
static void refresh(struct viewer *v, struct stage_picture *p, struct player *player,
                    int scale)
{
    bool has_marks = v->viewing.has_marks;
    int width, height;

    frame_size(player->episode.env, &width, &height);
    if (!p->texture || p->scale != scale || p->canvas.width != width * scale ||
        p->canvas.height != height * scale) {
        renew(v, p, player->episode.env, scale);
        p->player = NULL;
    }
    if (p->player == player && p->at == player->at && p->has_marks == has_marks &&
        !v->viewing.is_live)
        return;
    frame_draw(player, scale, has_marks, &p->canvas);
    upload(p);
    p->player = player;
    p->at = player->at;
    p->has_marks = has_marks;
}

/* The largest whole scale that fits, 0 when even 1 does not. */
static int fitting_scale(int width, int height, const SDL_Rect *room)
{
    int across = room->w / width, down = room->h / height;

    return across < down ? across : down;
}

static void stage_draw_caption(struct viewer *v, int i, const SDL_Rect *r)
{
    const struct track *t = &v->viewing.tracks[i];
    char text[256];
    int x = r->x, y = r->y + 4;

    ui_fill(&v->ui, x, y + 4, 8, 8, i == 0 ? UI_ACCENT : UI_SECOND);
    x += 16;
    x += ui_text(&v->ui, UI_BOLD, x, y, r->w / 2 - 16, UI_TEXT, t->name) + 12;
    const struct view_live *live = v->options->live;
    const char *status = v->viewing.is_live && live->status ? live->status(live->user)
                                                            : NULL;
    if (status)
        snprintf(text, sizeof(text), "%s", status);
    else if (i == 1 && v->has_whatif)
        snprintf(text, sizeof(text), "what if, from step %lld",
                 (long long)v->whatif_step);
    else
        snprintf(text, sizeof(text), "%s  seed %llu", t->replay->task->env->name,
                 (unsigned long long)t->replay->seed);
    if (t->player->at == t->replay->tape.n_steps && !v->viewing.is_live)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "  %s",
                 t->replay->fault        ? fault_name(t->replay->fault)
                 : t->replay->terminated ? "terminated"
                 : t->replay->truncated  ? "truncated"
                                         : "end");
    ui_text(&v->ui, UI_PLAIN, x, y, r->x + r->w - x, status ? UI_ACCENT : UI_DIM, text);
}

static void draw_picture(struct viewer *v, int i, SDL_Rect r)
{
    struct player *player = v->viewing.tracks[i].player;
    struct stage_picture *p = &v->pictures[i];
    int width, height;

    stage_draw_caption(v, i, &r);
    r.y += CAPTION;
    r.h -= CAPTION;
    frame_size(player->episode.env, &width, &height);
    int scale = fitting_scale(width, height, &r);
    refresh(v, p, player, scale > 0 ? scale : 1);
    SDL_Rect to = { 0, 0, p->canvas.width, p->canvas.height };
    if (scale == 0) {
        double fit = SDL_min((double)r.w / width, (double)r.h / height);
        to.w = (int)(width * fit);
        to.h = (int)(height * fit);
    }
    SDL_SetTextureScaleMode(p->texture,
                            scale == 0 ? SDL_ScaleModeLinear : SDL_ScaleModeNearest);
    to.x = (r.x + (r.w - to.w) / 2) / UI_GRID * UI_GRID;
    to.y = (r.y + (r.h - to.h) / 2) / UI_GRID * UI_GRID;
    SDL_RenderCopy(v->ui.renderer, p->texture, NULL, &to);
}

static void draw_problem(struct viewer *v, const struct track *t, const SDL_Rect *r)
{
    int width = SDL_min(r->w - 32, 560), x = r->x + (r->w - width) / 2,
        y = r->y + r->h / 2 - 40;

    ui_shape(&v->ui, UI_CROSS, x + 6, y + 8, 10, UI_FAILURE);
    ui_text(&v->ui, UI_BOLD, x + 24, y, width - 24, UI_TEXT, t->name);
    y += 24;
    y += ui_paragraph(&v->ui, UI_PLAIN, x + 24, y, width - 24, 8, UI_DIM, t->problem);
    ui_text(&v->ui, UI_PLAIN, x + 24, y + 12, width - 24, UI_FAINT,
            "Drop another replay on this window.");
}

static void draw_empty(struct viewer *v)
{
    const char *text = "Drop a replay on this window";
    const SDL_Rect *r = &v->stage;

    ui_text(&v->ui, UI_BOLD, r->x + (r->w - ui_text_width(&v->ui, UI_BOLD, text)) / 2,
            r->y + r->h / 2 - 20, 0, UI_DIM, text);
    text = "ratchet run ENV POLICY.lua --record DIR makes some";
    ui_text(&v->ui, UI_PLAIN, r->x + (r->w - ui_text_width(&v->ui, UI_PLAIN, text)) / 2,
            r->y + r->h / 2 + 4, 0, UI_FAINT, text);
}

/* In the line above the pictures, so that it hides none of them. */
static void draw_message(struct viewer *v)
{
    int width = ui_text_width(&v->ui, UI_PLAIN, v->message) + 24;
    SDL_Rect r = { 0, v->stage.y, 0, CAPTION };

    r.w = SDL_min(width, v->stage.w - 16);
    r.x = v->stage.x + v->stage.w - 8 - r.w;
    ui_fill(&v->ui, r.x, r.y, r.w, r.h, UI_RAISED);
    ui_fill(&v->ui, r.x, r.y, 2, r.h, v->is_bad_message ? UI_FAILURE : UI_ACCENT);
    ui_text(&v->ui, UI_PLAIN, r.x + 12, r.y + 4, r.w - 20, UI_TEXT, v->message);
}

void stage_draw(struct viewer *v)
{
    int n = v->viewing.n_tracks, gap = 16;

    for (int i = 0; i < n; i++) {
        SDL_Rect r = v->stage;
        r.w = (r.w - gap * (n + 1)) / n;
        r.x += gap + i * (r.w + gap);
        r.h -= 4;
        if (v->viewing.tracks[i].player)
            draw_picture(v, i, r);
        else
            draw_problem(v, &v->viewing.tracks[i], &r);
    }
    if (n == 0)
        draw_empty(v);
    if (v->message[0])
        draw_message(v);
}
