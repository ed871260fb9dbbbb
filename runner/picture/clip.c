/* clip.c - a range of a replay as a moving picture, GIF or MP4. */
#include "runner/picture/clip.h"

#include <math.h>

#include "runner/picture/frame.h"
#include "runner/picture/gif.h"
#include "runner/picture/movie.h"

#define GIF_RATE 30 /* frames a second, about; viewers slow down above 50 */
#define MP4_RATE 60
#define LAST_HUNDREDTHS 150 /* how long a GIF stays on its last frame */
#define GOOD_WIDTH 320      /* pixels */

/* Where frames go; one of the two is there. */
struct sink {
    struct gif *gif;
    struct movie *movie;
    int hundredths;
};

static double steps_per_second(const struct player *p)
{
    double rate = p->episode.env->frames_per_second / p->episode.rules.frame_skip;

    return rate > 0 && rate < 1e6 ? rate : 30;
}

static int good_scale(const struct env *env)
{
    int width, height, scale;

    frame_size(env, &width, &height);
    scale = GOOD_WIDTH / (width > 0 ? width : 1);
    return scale < 1 ? 1 : scale;
}

static int put_frame(struct sink *s, const struct canvas *frame, bool is_last,
                     struct error *err)
{
    if (s->gif)
        return gif_add(s->gif, frame, is_last ? LAST_HUNDREDTHS : s->hundredths, err);
    return movie_add(s->movie, frame, err);
}

static int put_all(struct player *p, const struct clip_options *o, int64_t stride,
                   int scale, struct sink *s,
                   bool (*progress)(void *context, double share), void *context,
                   struct error *err)
{
    struct canvas frame = frame_alloc(p->episode.env, scale);
    int status = 0;

    for (int64_t step = o->from; step <= o->to && status == 0; step += stride) {
        player_seek(p, step);
        frame_draw(p, scale, o->has_marks, &frame);
        status = player_check(p, err);
        if (status == 0)
            status = put_frame(s, &frame, step + stride > o->to, err);
        if (progress &&
            !progress(context, (double)(step - o->from) / (double)(o->to - o->from + 1)))
            status = error_set(err, "the export was ended");
    }
    canvas_free(&frame);
    return status;
}

static int open_sink(struct sink *s, const struct player *p, const struct clip_options *o,
                     const char *path, int scale, int64_t stride, struct error *err)
{
    double rate = steps_per_second(p) / (double)stride;
    int width, height;

    frame_size(p->episode.env, &width, &height);
    s->hundredths = (int)lround(100 / rate);
    if (o->kind == CLIP_GIF)
        s->gif = gif_create(width * scale, height * scale, err);
    else
        s->movie = movie_create(path, width * scale, height * scale, rate, err);
    return s->gif || s->movie ? 0 : -1;
}

int clip_save(struct player *p, const struct clip_options *o, const char *path,
              bool (*progress)(void *context, double share), void *context,
              struct error *err)
{
    struct clip_options in = *o;
    struct sink s = { 0 };
    int64_t n_steps = p->replay->tape.n_steps;
    int status = -1;

    in.to = in.to < 0 ? 0 : in.to > n_steps ? n_steps : in.to;
    in.from = in.from < 0 ? 0 : in.from > in.to ? in.to : in.from;
    int64_t stride = llround(steps_per_second(p) /
                             (in.kind == CLIP_GIF ? GIF_RATE : MP4_RATE));
    int scale = in.scale > 0 ? in.scale : good_scale(p->episode.env);
    stride = stride < 1 ? 1 : stride;
    if ((in.to - in.from) / stride >= CLIP_MAX_FRAMES)
        return error_set(err,
                         "%s: steps %lld to %lld would be more than %d pictures; name a "
                         "shorter range",
                         path, (long long)in.from, (long long)in.to, CLIP_MAX_FRAMES);
    if (open_sink(&s, p, &in, path, scale, stride, err) == 0 &&
        put_all(p, &in, stride, scale, &s, progress, context, err) == 0)
        status = s.gif ? gif_save(s.gif, path, err) : movie_save(s.movie, err);
    gif_destroy(s.gif);
    movie_destroy(s.movie);
    return status;
}
