/* report_failures.c - failures of a run's policies, as film strips with the replay beside
 * them. The ledger keeps the dev episodes' actions; they are played here again, by no
 * worker. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/brief/strip.h"
#include "runner/evaluate/memo.h"
#include "runner/judge/failures.h"
#include "runner/picture/frame.h"
#include "runner/picture/image.h"
#include "runner/record/ledger/ledger_report.h"
#include "runner/report/report_parts.h"

#define CLIP_FRAMES 120  /* of a sheet */
#define CLIP_BEFORE 4.0  /* seconds of the environment's time before a failure */
#define CLIP_AFTER 0.75  /* and after it */
#define CLIP_RATE 20.0   /* frames a second, about */
#define CLIP_WIDTH 240   /* pixels of a frame, at most */
#define SHEET_WIDTH 2400 /* pixels, at most */

/* A policy's dev episodes as the ledger has them. Owns everything but the ledger. */
struct shown {
    struct ledger *ledger;
    const struct ledger_run *run;
    struct task *task;
    bool has_pictures;
    char *source;
    struct memo memo;
    struct episode_result *results; /* n of them */
    int64_t *index;                 /* of their seeds */
    int n;
};

static void shown_clear(struct shown *s)
{
    results_clear(s->results, s->n);
    free(s->results);
    free(s->index);
    free(s->source);
    s->results = NULL;
    s->index = NULL;
    s->source = NULL;
    s->n = 0;
}

/* The dev episodes of a policy that have their tapes. -1 on failure; n = 0: there are
 * none. */
static int shown_load(struct shown *s, const char *sha256, struct error *err)
{
    struct episode_request *requests;
    struct policy policy = { .name = "policy.lua" };
    enum memo_status status = MEMO_DONE;
    struct ledger_seed *seeds;
    int n = ledger_report_episodes(s->ledger, s->run->id, sha256, &seeds, err);

    s->source = n >= 0 ? ledger_source_get(s->ledger, sha256, err) : NULL;
    if (s->source && n > 0) {
        requests = xcalloc((size_t)n, sizeof(*requests));
        s->index = xcalloc((size_t)n, sizeof(*s->index));
        s->results = xcalloc((size_t)n, sizeof(*s->results));
        for (int i = 0; i < n; i++) {
            s->index[i] = seeds[i].index;
            requests[i].seed = seeds[i].seed;
        }
        policy.source = s->source;
        s->memo = (struct memo){ .ledger = s->ledger, .run = s->run->id };
        s->memo.base = (struct evaluation){ .task = s->task, .policy = policy };
        s->n = n;
        /* Without steps left nothing is played: what is not in the ledger is not
         * shown. */
        status = memo_evaluate(&s->memo, PURPOSE_dev, "", &policy, requests, s->index, n,
                               s->results, err);
        free(requests);
    }
    free(seeds);
    if (status != MEMO_DONE && !err->text[0])
        error_set(err, "%s: the ledger's dev episodes are not whole", s->run->folder);
    return s->source && status == MEMO_DONE ? 0 : -1;
}

/* What a frame shows, with the events of the stride of steps that led to it. */
static json_t *caption(struct player *p, int64_t stride)
{
    const struct env *env = p->episode.env;
    double action[ENV_MAX_ACTION];
    char doing[128] = "end", events[256];
    uint32_t happened = 0;
    scoped char *text = NULL;
    json_t *json;

    for (int64_t i = p->at < stride ? 0 : p->at - stride; i < p->at; i++)
        happened |= p->events[i];
    if (p->at < p->replay->tape.n_steps) {
        tape_get(&p->replay->tape, env, p->at, action);
        frame_action_text(env, action, doing, sizeof(doing));
    }
    frame_event_text(env, happened, events, sizeof(events));
    text = xasprintf("step %lld \xc2\xb7 %s \xc2\xb7 return %g%s%s", (long long)p->at,
                     doing, p->episode.now.total, events[0] ? " \xc2\xb7 " : "", events);
    json = json_string(text);
    return json ? json : json_string("");
}

/* Draws every stride-th of the steps from..to into one sheet. */
static json_t *draw_sheet(struct player *p, int64_t from, int64_t to, int64_t stride,
                          struct canvas *sheet)
{
    const struct env *env = p->episode.env;
    int n = (int)((to - from) / stride) + 1, width, height, columns, shrink = 1;
    struct canvas frame = frame_alloc(env, 1);

    while (frame.width / shrink > CLIP_WIDTH)
        shrink++;
    width = frame.width / shrink;
    height = frame.height / shrink;
    columns = SHEET_WIDTH / width < 1 ? 1 : SHEET_WIDTH / width;
    columns = columns < n ? columns : n;
    *sheet = canvas_alloc(columns * width, (n + columns - 1) / columns * height);
    for (int i = 0; i < n; i++) {
        struct canvas small;
        player_seek(p, from + i * stride);
        frame_draw(p, 1, true, &frame);
        small = frame_shrink(&frame, shrink);
        canvas_blit(sheet, i % columns * width, i / columns * height, 1, &small);
        canvas_free(&small);
    }
    canvas_free(&frame);
    return json_pack("{s:i, s:i, s:i}", "columns", columns, "width", width, "height",
                     height);
}

/* Sets a picture, taken, under the key. */
static void set_picture(json_t *json, const char *key, uint8_t *png, size_t len)
{
    scoped char *url = base64_text("data:image/png;base64,", png, len);

    json_object_set_new(json, key, json_string(url));
    free(png);
}

static int add_sheet(struct player *p, json_t *json, int64_t from, int64_t to,
                     int64_t stride, struct error *err)
{
    struct canvas sheet = { 0 };
    json_auto_t *layout = draw_sheet(p, from, to, stride, &sheet);
    uint8_t *png = NULL;
    size_t len;
    int status = player_check(p, err);

    if (status == 0)
        status = image_encode(&sheet, &png, &len, err);
    if (status == 0) {
        json_object_update(json, layout);
        set_picture(json, "sheet", png, len);
    }
    canvas_free(&sheet);
    return status;
}

/* Steps from..to of a result, as a page plays them: what each frame shows, and, with
 * pictures, the sheet of the frames. */
static json_t *report_failures_clip(struct shown *s, const struct episode_result *r,
                                    int64_t from, int64_t to, int64_t stride,
                                    struct error *err)
{
    double rate = s->task->env->frames_per_second / s->task->rules.frame_skip;
    struct replay *replay = replay_of_result(&s->memo.base, r, err);
    struct player *player = replay ? player_create(replay, err) : NULL;
    json_t *json = json_object(), *captions = json_array();
    int status = player ? 0 : -1;

    rate = rate > 0 && rate < 1e6 ? rate : 30;
    if (player) {
        player_scan(player, -1);
        for (int64_t at = from; at <= to; at += stride) {
            player_seek(player, at);
            json_array_append_new(captions, caption(player, stride));
        }
        status = player_check(player, err);
    }
    json_object_set_new(json, "rate", json_finite(rate / (double)stride));
    json_object_set_new(json, "frames",
                        json_integer((json_int_t)json_array_size(captions)));
    json_object_set_new(json, "captions", captions);
    if (status == 0 && s->has_pictures)
        status = add_sheet(player, json, from, to, stride, err);
    player_destroy(player);
    replay_destroy(replay);
    if (status == 0)
        return json;
    json_decref(json);
    return NULL;
}

static int add_strip(struct shown *s, json_t *json, const struct episode_result *r,
                     const struct strip *strip, struct error *err)
{
    struct image image = { 0 };
    char *caption = strip_caption(strip);

    json_object_set_new(json, "strip_caption", json_string(caption));
    free(caption);
    if (!s->has_pictures)
        return 0;
    if (strip_make(&s->memo.base, r, strip, &image, err) != 0)
        return -1;
    set_picture(json, "strip", image.png, image.len);
    free(image.caption);
    return 0;
}

/* The strip up to a failure, and its replay. */
static int add_replay(struct shown *s, json_t *json, const struct failure *f,
                      struct error *err)
{
    const struct episode_result *r = &s->results[f->episode];
    double rate = s->task->env->frames_per_second / s->task->rules.frame_skip;
    int64_t from, to, stride = llround(rate / CLIP_RATE);
    struct strip strip = strip_of_failure(s->task, (int)s->index[f->episode], f->step);
    json_t *moving;

    if (add_strip(s, json, r, &strip, err) != 0)
        return -1;
    stride = stride < 1 ? 1 : stride;
    from = f->step - (int64_t)(CLIP_BEFORE * rate);
    to = f->step + 1 + (int64_t)(CLIP_AFTER * rate);
    from = from < 0 ? 0 : from;
    to = to > r->tape.n_steps ? r->tape.n_steps : to;
    if ((to - from) / stride >= CLIP_FRAMES)
        stride = (to - from) / CLIP_FRAMES + 1;
    moving = report_failures_clip(s, r, from, to, stride, err);
    return moving ? json_object_set_new(json, "clip", moving) : -1;
}

/* The whole of the dev episode that is nearest to the mean, as a time-lapse. */
static int add_typical(struct shown *s, json_t *json, struct error *err)
{
    double mean = 0;
    const struct episode_result *best = NULL;
    json_t *moving, *typical;
    int64_t stride;

    for (int i = 0; i < s->n; i++)
        mean += s->results[i].score / s->n;
    for (int i = 0; i < s->n; i++)
        if (!best || fabs(s->results[i].score - mean) < fabs(best->score - mean))
            best = &s->results[i];
    if (!best || !best->tape.n_steps)
        return 0;
    stride = best->tape.n_steps / CLIP_FRAMES + 1;
    moving = report_failures_clip(s, best, 0, best->tape.n_steps, stride, err);
    if (!moving)
        return -1;
    json_object_set_new(moving, "rate", json_finite(12));
    typical = json_pack("{s:I, s:o, s:I, s:I, s:o}", "seed_index",
                        (json_int_t)s->index[best - s->results], "total",
                        json_finite(best->total), "steps", (json_int_t)best->n_steps,
                        "stride", (json_int_t)stride, "clip", moving);
    return json_object_set_new(json, "typical", typical);
}

/* The failures of one policy, most return lost first. */
static int add_policy(struct shown *s, json_t *list, const char *whose,
                      const char *sha256, const struct report_options *o,
                      struct error *err)
{
    struct failures f = { 0 };
    int status = 0;

    if (s->n && failures_find(&f, s->task, s->results, s->n,
                              (int)s->run->brief_format, err) != 0)
        return -1;
    for (int i = 0; i < f.n_groups && i < o->n_failures && status == 0; i++) {
        const struct failure_group *g = &f.groups[i];
        const struct failure *one = &f.list[g->first];
        json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:o}", "whose",
                                 whose, "policy", sha256, "signature", g->signature,
                                 "kind", g->kind, "n", g->n, "lost", json_finite(g->lost),
                                 "seed_index", (json_int_t)s->index[one->episode], "step",
                                 (json_int_t)one->step, "total", json_finite(one->total));
        status = add_replay(s, json, one, err);
        json_array_append_new(list, json);
    }
    failures_clear(&f);
    return status;
}

static int add_both(struct shown *s, json_t *json, const char *best_sha256,
                    const struct report_options *o, struct error *err)
{
    json_t *list = json_array();
    bool is_start = !strcmp(s->run->start_sha256, best_sha256);
    int status = shown_load(s, best_sha256, err);

    json_object_set_new(json, "failures", list);
    if (status == 0)
        status = add_policy(s, list, is_start ? "start" : "incumbent", best_sha256, o,
                            err);
    if (status == 0)
        status = add_typical(s, json, err);
    shown_clear(s);
    if (status == 0 && !is_start) {
        status = shown_load(s, s->run->start_sha256, err);
        if (status == 0)
            status = add_policy(s, list, "start", s->run->start_sha256, o, err);
        shown_clear(s);
    }
    return status;
}

void report_add_failures(json_t *json, struct ledger *l, const struct env_registry *envs,
                         const struct ledger_run *run, const char *best_sha256,
                         const struct report_options *o)
{
    struct shown s = { .ledger = l, .run = run, .has_pictures = o->has_pictures };
    struct error why = { "" };
    json_t *task = json_loads(run->task, 0, NULL);

    s.task = task_from_json(envs, task, run->folder, &why);
    json_decref(task);
    if (!s.task || add_both(&s, json, best_sha256, o, &why) != 0)
        json_object_set_new(json, "failures_missing", json_string(why.text));
    task_destroy(s.task);
}
