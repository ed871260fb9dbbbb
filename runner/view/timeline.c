/* timeline.c - the reward curve and the events of all steps, on which one drags and
 * zooms. What a pixel stands for, thousands of steps perhaps, is worked out once and
 * kept. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/picture/frame.h"
#include "runner/view/viewer.h"

#define MARGIN 16
#define ICONS 20      /* height of a row of events */
#define AXIS 18       /* height of the numbers below */
#define REMAKE_MS 150 /* between looks at what scanning found */
#define APART 7       /* pixels between events that have icons */
#define FILL 0x1f3a38 /* below the first curve */
#define RANGE 0x2a2f3a
#define FLAG 0xe0b050

void timeline_forget(struct viewer *v)
{
    for (int i = 0; i < VIEWING_TRACKS; i++) {
        free(v->timeline.rows[i].returns);
        free(v->timeline.rows[i].events);
    }
    v->timeline = (struct timeline){ 0 };
}

static int64_t view_from(const struct viewer *v)
{
    const struct timeline *t = &v->timeline;

    return t->to > t->from ? t->from : 0;
}

static int64_t view_to(const struct viewer *v)
{
    const struct timeline *t = &v->timeline;
    int64_t to = t->to > t->from ? t->to : v->viewing.n_steps;

    return to > view_from(v) ? to : view_from(v) + 1;
}

static SDL_Rect inner(const struct viewer *v)
{
    SDL_Rect r = v->track;

    r.x += MARGIN;
    r.w -= 2 * MARGIN;
    return r;
}

static int x_of(const struct viewer *v, int64_t step)
{
    SDL_Rect r = inner(v);
    double share = (double)(step - view_from(v)) / (double)(view_to(v) - view_from(v));

    return r.x + (int)lround(share * (r.w - 1));
}

static int64_t step_of(const struct viewer *v, int x)
{
    SDL_Rect r = inner(v);
    double share = (double)(x - r.x) / (r.w > 1 ? r.w - 1 : 1);
    int64_t step = view_from(v) + llround(share * (double)(view_to(v) - view_from(v)));

    return step < 0 ? 0 : step > v->viewing.n_steps ? v->viewing.n_steps : step;
}

void timeline_zoom(struct viewer *v, double factor, int64_t around)
{
    double from = (double)view_from(v), to = (double)view_to(v),
           n = (double)v->viewing.n_steps;
    double length = fmin(n, fmax(16, (to - from) * factor));
    double share = ((double)around - from) / (to - from);

    from = (double)around - length * fmax(0, fmin(1, share));
    from = fmax(0, fmin(n - length, from));
    v->timeline.from = (int64_t)from;
    v->timeline.to = (int64_t)(from + length);
    if (length >= n)
        v->timeline.from = v->timeline.to = 0;
}

/* The return before the step where a pixel stands, and the events that led to it. */
static void make_row(struct viewer *v, struct timeline_row *row, const struct player *p)
{
    struct timeline *t = &v->timeline;
    int left = inner(v).x;
    int64_t to = view_to(v) < p->scanned ? view_to(v) : p->scanned;

    for (int i = 0; i < t->n; i++) {
        int64_t step = step_of(v, left + i);
        row->returns[i] = step <= p->scanned ? p->returns[step] : NAN;
        if (isfinite(row->returns[i])) {
            t->low = fmin(t->low, row->returns[i]);
            t->high = fmax(t->high, row->returns[i]);
        }
    }
    for (int64_t step = view_from(v); step < to; step++) {
        int k = p->events[step] ? x_of(v, step + 1) - left : -1;
        if (k >= 0 && k < t->n)
            row->events[k] |= p->events[step];
    }
    row->known = p->scanned;
}

static void timeline_make(struct viewer *v)
{
    struct timeline *t = &v->timeline;

    t->n = inner(v).w;
    t->made_from = view_from(v);
    t->made_to = view_to(v);
    t->made_ms = SDL_GetTicks();
    t->low = 0;
    t->high = 0;
    for (int i = 0; i < v->viewing.n_tracks; i++) {
        struct timeline_row *row = &t->rows[i];
        row->returns = xrealloc(row->returns, sizeof(*row->returns) * (size_t)t->n);
        row->events = xrealloc(row->events, sizeof(*row->events) * (size_t)t->n);
        memset(row->events, 0, sizeof(*row->events) * (size_t)t->n);
        if (v->viewing.tracks[i].player)
            make_row(v, row, v->viewing.tracks[i].player);
    }
}

static void make_if_needed(struct viewer *v)
{
    struct timeline *t = &v->timeline;
    bool is_stale = false;

    for (int i = 0; i < v->viewing.n_tracks; i++) {
        const struct player *p = v->viewing.tracks[i].player;
        is_stale |= !t->rows[i].returns || (p && t->rows[i].known != p->scanned);
    }
    if (t->n != inner(v).w || t->made_from != view_from(v) || t->made_to != view_to(v) ||
        (is_stale && SDL_GetTicks() - t->made_ms > REMAKE_MS))
        timeline_make(v);
    else if (is_stale)
        v->is_dirty = true; /* soon */
}

static SDL_Rect curve_area(const struct viewer *v)
{
    SDL_Rect r = inner(v);
    int below = v->viewing.n_tracks > 1 ? ICONS : 0;

    r.y += ICONS + 4;
    r.h -= ICONS + 4 + below + AXIS;
    return r;
}

static int y_of(const struct viewer *v, const SDL_Rect *r, double value)
{
    double low = v->timeline.low, high = v->timeline.high;
    double share = high > low ? (value - low) / (high - low) : 0;

    return r->y + r->h - 1 - (int)lround(share * (r->h - 3));
}

static void draw_curve(struct viewer *v, int i, const SDL_Rect *r)
{
    const struct timeline_row *row = &v->timeline.rows[i];
    int64_t n_steps = v->viewing.tracks[i].replay->tape.n_steps;
    int before = -1;

    for (int k = 0; k < v->timeline.n; k++) {
        if (!isfinite(row->returns[k]) || step_of(v, r->x + k) > n_steps)
            break;
        int y = y_of(v, r, row->returns[k]), top = before >= 0 && before < y ? before : y;
        int bottom = before > y ? before : y;
        if (i == 0)
            ui_fill(&v->ui, r->x + k, y, 1, r->y + r->h - y, FILL);
        ui_fill(&v->ui, r->x + k, top, 1, bottom - top + 1,
                i == 0 ? UI_ACCENT : UI_SECOND);
        before = y;
    }
}

/* The icon of a kind of event: failures are red triangles, others small and calm. */
static void draw_icon(struct viewer *v, const struct env *env, int kind, int x, int y)
{
    static const enum ui_shape shapes[] = { UI_DIAMOND, UI_SQUARE, UI_RIGHT, UI_LEFT };

    if (env->events[kind].is_failure)
        ui_shape(&v->ui, UI_DOWN, x, y, 10, UI_FAILURE);
    else
        ui_shape(&v->ui, shapes[kind % 4], x, y, 6, UI_DIM);
}

/* Whether there is another event near pixel k, so that icons would run into each
 * other. */
static bool is_crowded(const struct timeline *t, int i, int k)
{
    int from = k - APART < 0 ? 0 : k - APART,
        to = k + APART < t->n ? k + APART : t->n - 1;

    for (int other = from; other <= to; other++)
        if (other != k && t->rows[i].events[other])
            return true;
    return false;
}

static void draw_events(struct viewer *v, int i, int y)
{
    const struct track *t = &v->viewing.tracks[i];
    const struct env *env = t->replay->task->env;
    const uint32_t *events = v->timeline.rows[i].events;
    int left = inner(v).x;

    for (int k = 0; k < v->timeline.n; k++) {
        if (events[k] && is_crowded(&v->timeline, i, k))
            ui_fill(&v->ui, left + k, y - 2, 1, 5, UI_FAINT);
        else if (events[k] && !frame_is_failure(env, events[k]))
            draw_icon(v, env, __builtin_ctz(events[k]), left + k, y);
    }
    for (int k = 0; k < v->timeline.n; k++)
        for (int kind = 0; env->events && env->events[kind].name; kind++)
            if ((events[k] >> kind & 1) && env->events[kind].is_failure)
                draw_icon(v, env, kind, left + k, y);
    if (t->replay->fault)
        ui_shape(&v->ui, UI_CROSS, x_of(v, t->replay->tape.n_steps), y, 10, UI_FAILURE);
}

static void draw_line_at(struct viewer *v, int64_t step, uint32_t color, int width)
{
    if (step >= view_from(v) && step <= view_to(v))
        ui_fill(&v->ui, x_of(v, step) - width / 2, v->track.y + 4, width,
                v->track.h - AXIS - 4, color);
}

/* A pennant on a pole, which no event looks like. */
static void draw_flags(struct viewer *v)
{
    for (int i = 0; i < v->options->n_flags; i++) {
        int64_t step = v->options->flags[i].step;
        if (step < view_from(v) || step > view_to(v))
            continue;
        draw_line_at(v, step, FLAG, 1);
        ui_shape(&v->ui, UI_RIGHT, x_of(v, step) + 5, v->track.y + 9, 10, FLAG);
    }
}

static void draw_axis(struct viewer *v)
{
    SDL_Rect r = inner(v);
    char text[64];
    int y = r.y + r.h - AXIS + 1;
    int64_t length = view_to(v) - view_from(v), tick = 1;

    for (int i = 0; length / tick > r.w / 120; i++)
        tick = i % 3 == 1 ? tick / 2 * 5 : tick * 2; /* 1 2 5 10 20 50 ... */
    for (int64_t s = (view_from(v) + tick - 1) / tick * tick; s <= view_to(v);
         s += tick) {
        snprintf(text, sizeof(text), "%lld", (long long)s);
        int width = ui_text_width(&v->ui, UI_PLAIN, text), x = x_of(v, s);
        ui_fill(&v->ui, x, y - 3, 1, 4, UI_LINE);
        if (x + width / 2 < r.x + r.w + MARGIN && x - width / 2 > v->track.x)
            ui_text(&v->ui, UI_PLAIN, x - width / 2, y, 0, UI_FAINT, text);
    }
}

static void timeline_describe(struct viewer *v, int64_t step)
{
    char text[256], events[128];
    const struct track *t = &v->viewing.tracks[0];

    snprintf(text, sizeof(text), "step %lld", (long long)step);
    for (int i = 0; i < v->options->n_flags; i++)
        if (abs(x_of(v, v->options->flags[i].step) - v->ui.x) < 8)
            snprintf(text, sizeof(text), "step %lld   %.180s",
                     (long long)v->options->flags[i].step, v->options->flags[i].text);
    if (t->player && step <= t->player->scanned) {
        int k = v->ui.x - inner(v).x;
        frame_event_text(t->replay->task->env,
                         k >= 0 && k < v->timeline.n ? v->timeline.rows[0].events[k] : 0,
                         events, sizeof(events));
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "   return %g%s%s",
                 t->player->returns[step], *events ? "   " : "", events);
    }
    ui_set_tip(&v->ui, text);
}

static void take_mouse(struct viewer *v)
{
    struct ui *ui = &v->ui;
    int64_t step = step_of(v, ui->x);

    if (ui_is_clicked(ui, &v->track) && v->viewing.n_steps > 0) {
        ui->owner = ui->has_shift ? OWNER_RANGE : OWNER_TIMELINE;
        if (ui->owner == OWNER_RANGE)
            v->viewing.from = step_of(v, ui->pressed_x);
    }
    if (ui->owner == OWNER_TIMELINE) {
        v->viewing.is_playing = false;
        viewing_seek(&v->viewing, step);
    } else if (ui->owner == OWNER_RANGE) {
        v->viewing.to = step > v->viewing.from ? step : v->viewing.from;
    }
    if (!ui_is_over(ui, &v->track) && ui->owner != OWNER_TIMELINE)
        return;
    if (ui->wheel != 0)
        timeline_zoom(v, pow(0.8, ui->wheel), step);
    timeline_describe(v, step);
}

/* When zoomed in, the shown part follows the playing step. */
static void follow(struct viewer *v)
{
    struct timeline *t = &v->timeline;
    int64_t length = t->to - t->from, at = v->viewing.at;

    if (length <= 0 || (at >= t->from && at <= t->to))
        return;
    t->from = at - length / 8 < 0 ? 0 : at - length / 8;
    if (t->from + length > v->viewing.n_steps)
        t->from = v->viewing.n_steps - length;
    t->to = t->from + length;
}

static void draw_difference(struct viewer *v)
{
    int64_t step = v->viewing.differs_at;

    if (v->viewing.n_tracks < 2 || step < view_from(v) || step > view_to(v))
        return;
    int x = x_of(v, step), width = ui_text_width(&v->ui, UI_PLAIN, "first difference");
    draw_line_at(v, step, UI_TEXT, 1);
    if (x + width + 8 > v->track.x + v->track.w)
        x -= width + 12;
    ui_text(&v->ui, UI_PLAIN, x + 6, v->track.y + ICONS + 4, 0, UI_TEXT,
            "first difference");
}

void timeline_draw(struct viewer *v)
{
    struct viewing *s = &v->viewing;
    SDL_Rect r;

    ui_fill(&v->ui, v->track.x, v->track.y, v->track.w, v->track.h, UI_SURFACE);
    if (!viewing_has_replay(s) || inner(v).w < 16)
        return;
    take_mouse(v);
    follow(v);
    make_if_needed(v);
    r = curve_area(v);
    if (s->to >= 0 && s->to >= view_from(v) && s->from <= view_to(v)) {
        int left = SDL_max(x_of(v, s->from), r.x),
            right = SDL_min(x_of(v, s->to), r.x + r.w);
        ui_fill(&v->ui, left, v->track.y + 4, right - left + 1, v->track.h - AXIS - 4,
                RANGE);
    }
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].player)
            draw_curve(v, i, &r);
    ui_fill(&v->ui, r.x, r.y + r.h, r.w, 1, UI_LINE);
    for (int i = 0; i < s->n_tracks; i++)
        if (s->tracks[i].player)
            draw_events(v, i, i == 0 ? v->track.y + 12 : r.y + r.h + 10);
    draw_flags(v);
    draw_axis(v);
    draw_difference(v);
    draw_line_at(v, s->at, UI_ACCENT, 2);
    if (s->at >= view_from(v) && s->at <= view_to(v))
        ui_shape(&v->ui, UI_DOWN, x_of(v, s->at), v->track.y + 5, 10, UI_ACCENT);
}
