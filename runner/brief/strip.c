/* strip.c - some steps of an episode as a film strip, for a model that sees pictures. */
#include "runner/brief/strip.h"

#include <inttypes.h>
#include <stdlib.h>

#include "runner/picture/image.h"

#define SECONDS 1.5

struct strip strip_of_failure(const struct task *task, int index, int64_t step)
{
    int64_t n = (int64_t)(SECONDS * task->env->frames_per_second /
                          task->rules.frame_skip);

    if (n < STRIP_PANELS - 1)
        n = STRIP_PANELS - 1;
    return (struct strip){ .index = index,
                           .from = step > n ? step - n : 0,
                           .to = step + 1,
                           .n_panels = STRIP_PANELS };
}

char *strip_caption(const struct strip *strip)
{
    return xasprintf("dev seed %d, steps %" PRId64 " to %" PRId64, strip->index,
                     strip->from, strip->to);
}

int strip_make(const struct evaluation *e, const struct episode_result *r,
               const struct strip *strip, struct image *out, struct error *err)
{
    char title[160];
    struct film_options film = { strip->from, strip->to, strip->n_panels, title,
                                 strip->values };
    struct replay *replay = replay_of_result(e, r, err);
    struct player *player = replay ? player_create(replay, err) : NULL;
    int status = -1;

    *out = (struct image){ 0 };
    snprintf(title, sizeof(title),
             "%s  DEV SEED %d  RETURN %g  STEPS %" PRId64 "-%" PRId64 " OF %" PRId64,
             e->task->env->name, strip->index, r->total, strip->from, strip->to,
             r->tape.n_steps);
    if (player) {
        struct canvas drawn = film_draw(player, &film);
        if (player_check(player, err) == 0)
            status = image_encode(&drawn, &out->png, &out->len, err);
        canvas_free(&drawn);
    }
    if (status == 0)
        out->caption = strip_caption(strip);
    player_destroy(player);
    replay_destroy(replay);
    return status;
}
