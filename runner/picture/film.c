/* film.c - some steps of a replay as one labelled picture. */
#include "runner/picture/film.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/picture/frame.h"

#define GAP 8         /* pixels between panels */
#define TITLE 28      /* height of the line on top */
#define CAPTION 44    /* height of what stands under a panel */
#define PANEL_MIN 150 /* width that a panel's frame is scaled to, at least */
#define PANEL_MAX 320 /* and at most */
#define FILM_WIDTH 1360
#define LETTER 8 /* pixels of a letter at scale 2 */
#define LINE 14

#define BACKGROUND 0x16181d
#define TEXT 0xd8dce4
#define DIM 0x8b92a0
#define ACCENT 0x4cc2b0
#define FAILURE 0xff6b5e

struct layout {
    int grow, shrink;  /* one of them is 1 */
    int width, height; /* of a panel's frame */
    int caption; /* height of what stands under it */
    int columns, rows;
    int64_t stride;
    int n;
};

struct film_options film_of_end(const struct replay *r, int n_panels)
{
    int64_t n = n_panels > 0 ? n_panels : FILM_PANELS, to = r->tape.n_steps;

    return (struct film_options){ .from = to - n + 1 > 0 ? to - n + 1 : 0,
                                  .to = to,
                                  .n_panels = (int)n };
}

static struct layout film_lay_out(const struct env *env, const struct film_options *o)
{
    struct layout l = { .grow = 1, .shrink = 1 };
    int64_t n_steps = o->to - o->from + 1,
            most = o->n_panels > 0 ? o->n_panels : FILM_PANELS;

    l.caption = CAPTION + (o->values ? o->values->n * LINE : 0);
    frame_size(env, &l.width, &l.height);
    while (l.width * l.grow < PANEL_MIN)
        l.grow++;
    while (l.width / l.shrink > PANEL_MAX)
        l.shrink++;
    l.width = l.width * l.grow / l.shrink;
    l.height = l.height * l.grow / l.shrink;
    l.stride = (n_steps + most - 1) / most;
    l.n = (int)((n_steps + l.stride - 1) / l.stride);
    l.columns = (FILM_WIDTH - GAP) / (l.width + GAP);
    if (l.columns < 1)
        l.columns = 1;
    if (l.n < l.columns)
        l.columns = l.n;
    l.rows = (l.n + l.columns - 1) / l.columns;
    return l;
}

/* Text in the canvas's capitals; what does not fit a width in pixels ends at a word. */
static void film_write_text(struct canvas *c, int x, int y, int width, uint32_t color,
                            const char *text)
{
    char line[256];
    size_t room = (size_t)(width / LETTER), keep = room > 3 ? room - 3 : 0;

    snprintf(line, sizeof(line), "%s", text);
    if (room < strlen(line)) {
        while (keep > 0 && line[keep] != ' ')
            keep--;
        if (keep > 0)
            memcpy(line + keep, " ..", 4);
        else
            line[room] = 0;
    }
    canvas_text(c, x, y, 2, color, line);
}

static void draw_title(const struct player *p, const struct film_options *o,
                       struct canvas *c)
{
    const struct replay *r = p->replay;
    const char *slash = strrchr(r->policy_name, '/');
    char text[256];

    snprintf(text, sizeof(text),
             "%s  SEED %llu  %.60s  RETURN %g  STEPS %lld-%lld OF %lld%s%s",
             r->task->env->name, (unsigned long long)r->seed,
             slash ? slash + 1 : r->policy_name, r->total, (long long)o->from,
             (long long)o->to, (long long)r->tape.n_steps, r->fault ? "  FAULT: " : "",
             r->fault ? fault_name(r->fault) : "");
    film_write_text(c, GAP, GAP + 2, c->width - 2 * GAP, DIM, o->title ? o->title : text);
}

static void film_draw_caption(struct player *p, struct canvas *c, int x, int y, int width)
{
    const struct env *env = p->episode.env;
    double action[ENV_MAX_ACTION];
    char text[128] = "end", events[128], reward[32] = "";

    snprintf(text, sizeof(text), "%lld", (long long)p->at);
    film_write_text(c, x, y, width, ACCENT, text);
    int used = ((int)strlen(text) + 1) * LETTER;
    if (p->at < p->replay->tape.n_steps) {
        tape_get(&p->replay->tape, env, p->at, action);
        frame_action_text(env, action, text, sizeof(text));
    } else {
        snprintf(text, sizeof(text), "%s",
                 p->replay->terminated  ? "terminated"
                 : p->replay->truncated ? "truncated"
                                        : "end");
    }
    film_write_text(c, x + used, y, width - used, TEXT, text);
    if (p->at > 0 && p->last.reward != 0)
        snprintf(reward, sizeof(reward), "%+g ", p->last.reward);
    film_write_text(c, x, y + LINE, width, TEXT, reward);
    used = (int)strlen(reward) * LETTER;
    frame_event_text(env, p->at > 0 ? p->last.events : 0, events, sizeof(events));
    film_write_text(c, x + used, y + LINE, width - used,
                    frame_is_failure(env, p->last.events) ? FAILURE : DIM, events);
}

static void film_draw_values(struct player *p, const struct film_values *v, struct canvas *c,
                             int x, int y, int width)
{
    const struct env *env = p->episode.env;
    double *obs = xcalloc((size_t)p->episode.n_obs + 1, sizeof(*obs));
    uint8_t *bytes = xcalloc((size_t)env->ram_size + 1, 1);
    char text[80];

    if (v->is_ram)
        env->ram(p->instance, bytes);
    else
        player_observe(p, obs);
    for (int i = 0; i < v->n; i++) {
        const struct film_value *one = &v->list[i];
        snprintf(text, sizeof(text), "%s %.6g", one->name,
                 v->is_ram ? bytes[one->at] : obs[one->at]);
        film_write_text(c, x, y + i * LINE, width, TEXT, text);
    }
    free(bytes);
    free(obs);
}

static void draw_panel(struct player *p, const struct film_options *o,
                       const struct layout *l, struct canvas *c, int x, int y)
{
    struct canvas frame = frame_alloc(p->episode.env, l->grow);

    frame_draw(p, l->grow, true, &frame);
    if (l->shrink > 1) {
        struct canvas small = frame_shrink(&frame, l->shrink);
        canvas_free(&frame);
        frame = small;
    }
    if (p->at > 0 && frame_is_failure(p->episode.env, p->last.events))
        canvas_rect(c, x - 2, y - 2, l->width + 4, l->height + 4, FAILURE);
    canvas_blit(c, x, y, 1, &frame);
    canvas_free(&frame);
    film_draw_caption(p, c, x, y + l->height + 8, l->width);
    if (o->values)
        film_draw_values(p, o->values, c, x, y + l->height + 8 + 2 * LINE, l->width);
}

struct canvas film_draw(struct player *p, const struct film_options *o)
{
    int64_t n_steps = p->replay->tape.n_steps;
    struct film_options in = *o;

    in.to = in.to < 0 ? 0 : in.to > n_steps ? n_steps : in.to;
    in.from = in.from < 0 ? 0 : in.from > in.to ? in.to : in.from;
    struct layout l = film_lay_out(p->episode.env, &in);
    int title_width = 640;
    int width = GAP + l.columns * (l.width + GAP);
    struct canvas c = canvas_alloc(width > title_width ? width : title_width,
                                   TITLE + l.rows * (l.height + l.caption) + GAP);
    canvas_clear(&c, BACKGROUND);
    draw_title(p, &in, &c);
    for (int i = 0; i < l.n; i++) {
        player_seek(p, in.to - (int64_t)(l.n - 1 - i) * l.stride);
        draw_panel(p, &in, &l, &c, GAP + i % l.columns * (l.width + GAP),
                   TITLE + i / l.columns * (l.height + l.caption));
    }
    return c;
}
