/* frame.c - the picture of one step of a replay, and what is said about the step in
 * words. */
#include "runner/picture/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/picture/marks.h"

#define TEXT_WIDTH 320 /* of the stand-in for an environment that cannot draw */
#define TEXT_HEIGHT 240
#define LINE_HEIGHT 14

void frame_size(const struct env *env, int *width, int *height)
{
    bool can_draw = env->draw && env->frame_width > 0 && env->frame_height > 0;

    *width = can_draw ? env->frame_width : TEXT_WIDTH;
    *height = can_draw ? env->frame_height : TEXT_HEIGHT;
}

struct canvas frame_alloc(const struct env *env, int scale)
{
    int width, height;

    frame_size(env, &width, &height);
    return canvas_alloc(width * scale, height * scale);
}

static void frame_write_observation(struct player *p, struct canvas *out)
{
    double *obs = xcalloc((size_t)p->episode.n_obs, sizeof(*obs));
    const double *value = obs;
    char text[64];
    int y = 8;

    canvas_clear(out, 0x16181d);
    player_observe(p, obs);
    for (const struct env_field *f = p->episode.env->fields; f->name;
         value += f->n, f++) {
        snprintf(text, sizeof(text), "%.24s %s%.6g", f->name, f->n > 1 ? "(1) " : "",
                 *value);
        canvas_text(out, 8, y, 2, 0xc8ccd4, text);
        y += LINE_HEIGHT;
    }
    free(obs);
}

static void draw_plain(struct player *p, struct canvas *out)
{
    if (p->episode.env->draw && p->episode.env->frame_width > 0)
        player_draw(p, out);
    else
        frame_write_observation(p, out);
}

void frame_draw(struct player *p, int scale, bool has_marks, struct canvas *out)
{
    if (scale == 1) {
        draw_plain(p, out);
    } else {
        struct canvas plain = frame_alloc(p->episode.env, 1);
        draw_plain(p, &plain);
        canvas_blit(out, 0, 0, scale, &plain);
        canvas_free(&plain);
    }
    if (has_marks)
        marks_draw(p->replay, p->at, scale, out);
}

static void mean_pixel(const struct canvas *from, int x, int y, int factor, uint8_t *out)
{
    unsigned sum[3] = { 0 };

    for (int dy = 0; dy < factor; dy++) {
        const uint8_t *in = from->rgb + ((size_t)(y * factor + dy) * (size_t)from->width +
                                         (size_t)(x * factor)) *
                                            3;
        for (int i = 0; i < factor * 3; i++)
            sum[i % 3] += in[i];
    }
    for (int i = 0; i < 3; i++)
        out[i] = (uint8_t)(sum[i] / (unsigned)(factor * factor));
}

struct canvas frame_shrink(const struct canvas *from, int factor)
{
    struct canvas out = canvas_alloc(from->width / factor, from->height / factor);

    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++)
            mean_pixel(from, x, y, factor,
                       out.rgb + ((size_t)y * (size_t)out.width + (size_t)x) * 3);
    return out;
}

/* Appends, never beyond size; what does not fit is left away. */
static void append(char *out, size_t size, const char *text)
{
    size_t n = strlen(out);

    if (n + 1 < size)
        snprintf(out + n, size - n, "%s", text);
}

static const char *choice_name(const struct env_action *a, double value)
{
    int wanted = (int)(value - a->min);

    for (int i = 0; a->choices && i <= (int)(a->max - a->min); i++)
        if (i == wanted)
            return a->choices[i];
    return NULL;
}

void frame_action_text(const struct env *env, const double *action, char *out,
                       size_t size)
{
    char number[32];

    *out = 0;
    for (int i = 0; env->actions[i].name; i++) {
        const struct env_action *a = &env->actions[i];
        const char *name = a->is_discrete ? choice_name(a, action[i]) : NULL;
        snprintf(number, sizeof(number), a->is_discrete ? "%.0f" : "%+.2f", action[i]);
        append(out, size, i ? " " : "");
        append(out, size, name ? name : number);
    }
}

void frame_event_text(const struct env *env, uint32_t events, char *out, size_t size)
{
    *out = 0;
    for (int i = 0; i < ENV_MAX_EVENTS && env->events && env->events[i].name; i++) {
        if (!(events >> i & 1))
            continue;
        append(out, size, *out ? ", " : "");
        append(out, size, env->events[i].name);
    }
}

bool frame_is_failure(const struct env *env, uint32_t events)
{
    for (int i = 0; i < ENV_MAX_EVENTS && env->events && env->events[i].name; i++)
        if ((events >> i & 1) && env->events[i].is_failure)
            return true;
    return false;
}
