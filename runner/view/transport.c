/* transport.c - the row of buttons: playing, stepping, speed, where it stands,
 * exports. */
#include <stdio.h>

#include "runner/view/viewer.h"

#define HEIGHT 28
#define GAP 4

/* Puts buttons side by side. */
struct row {
    struct viewer *v;
    int x, y;
};

static bool button(struct row *row, int width, const char *text, bool is_active,
                   const char *tip)
{
    SDL_Rect r = { row->x, row->y, width, HEIGHT };

    row->x += width + GAP;
    return ui_button(&row->v->ui, &r, text, is_active, tip);
}

static void transport_write_place(struct row *row, int width)
{
    const struct viewing *s = &row->v->viewing;
    char text[96];

    snprintf(text, sizeof(text), "%lld", (long long)s->at);
    int x = row->x + 8, y = row->y + 6;
    x += ui_text(&row->v->ui, UI_MONO, x, y, 0, UI_TEXT, text);
    snprintf(text, sizeof(text), " / %lld   %.2f s", (long long)s->n_steps,
             (double)s->at / viewing_rate(s));
    ui_text(&row->v->ui, UI_MONO, x, y, row->x + width - x, UI_DIM, text);
    row->x += width;
}

static void draw_play(struct row *row)
{
    struct viewing *s = &row->v->viewing;

    if (button(row, 32, "|\xe2\x80\xb9", false, "to the start  (Home)"))
        viewing_seek(s, 0);
    if (button(row, 32, "\xe2\x97\x82\xe2\x97\x86", false,
               "previous event  (P; Shift+P: failure)"))
        viewing_jump(s, -1, row->v->ui.has_shift);
    if (button(row, 32, "\xe2\x80\xb9", false, "a step back  (Left)"))
        viewing_step(s, -1);
    if (button(row, 64, s->is_playing ? "Pause" : "Play", s->is_playing, "Space"))
        viewing_play(s, !s->is_playing);
    if (button(row, 32, "\xe2\x80\xba", false, "a step  (Right)"))
        viewing_step(s, 1);
    if (button(row, 32, "\xe2\x97\x86\xe2\x96\xb8", false,
               "next event  (N; Shift+N: failure)"))
        viewing_jump(s, 1, row->v->ui.has_shift);
    if (button(row, 32, "\xe2\x80\xba|", false, "to the end  (End)"))
        viewing_seek(s, s->n_steps);
}

static void draw_speed(struct row *row)
{
    struct viewing *s = &row->v->viewing;
    char text[16];

    row->x += 8;
    if (button(row, 28, "\xe2\x88\x92", false, "slower  (Down)"))
        viewing_set_speed(s, s->speed - 1);
    snprintf(text, sizeof(text), s->speed < 0 ? "1/%d\xc3\x97" : "%d\xc3\x97",
             1 << (s->speed < 0 ? -s->speed : s->speed));
    if (button(row, 48, text, s->speed != 0, "speed; click: as it is  (Backspace)"))
        viewing_set_speed(s, 0);
    if (button(row, 28, "+", false, "faster  (Up)"))
        viewing_set_speed(s, s->speed + 1);
}

static void draw_rest(struct row *row, int room)
{
    struct viewer *v = row->v;
    struct viewing *s = &v->viewing;
    bool can_what_if = v->options->whatif && s->n_tracks > 0;
    int width = 60 + GAP + 3 * (48 + GAP) + 28 + (s->n_tracks > 1 ? 92 + GAP : 0) +
                (can_what_if ? 76 + GAP : 0);

    if (room < width)
        width = room;
    row->x = v->transport.x + v->transport.w - 16 - width;
    if (can_what_if &&
        button(row, 76, "What if", v->has_whatif, "another policy from here  (W)"))
        whatif_run(v);
    if (s->n_tracks > 1 &&
        button(row, 92, "Difference", false, "first step that differs  (D)") &&
        s->differs_at >= 0)
        viewing_seek(s, s->differs_at);
    if (button(row, 60, "Marks", s->has_marks, "what the policy marked  (M)"))
        s->has_marks = !s->has_marks;
    if (button(row, 48, "PNG", false, "save the frame  (S)"))
        export_frame(v);
    if (button(row, 48, "GIF", false, "save the range  (G; [ and ] set it)"))
        export_gif(v);
    if (button(row, 48, "MP4", false, "save the range  (V)"))
        export_mp4(v);
    if (button(row, 28, "?", v->is_help, "keys  (?)"))
        v->is_help = !v->is_help;
}

void transport_draw(struct viewer *v)
{
    const SDL_Rect *r = &v->transport;
    struct row row = { v, r->x + 16, r->y + (r->h - HEIGHT) / 2 };

    ui_fill(&v->ui, r->x, r->y, r->w, r->h, UI_SURFACE);
    ui_fill(&v->ui, r->x, r->y, r->w, 1, UI_LINE);
    draw_play(&row);
    draw_speed(&row);
    int room = r->x + r->w - 16 - row.x;
    int place = room > 620 ? 232 : room > 500 ? 132 : 0;
    if (place)
        transport_write_place(&row, place);
    draw_rest(&row, room - place);
}
