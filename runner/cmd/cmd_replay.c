/* cmd_replay.c - `ratchet replay`: plays a replay again and compares, or makes pictures
 * of it. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/picture/clip.h"
#include "runner/picture/film.h"
#include "runner/picture/frame.h"
#include "runner/picture/image.h"
#include "runner/record/player.h"

#define UNSET INT64_MIN

struct options {
    int json;
    char *png, *output, *gif, *mp4, *strip, *from, *to;
    int panels, scale, no_marks; /* scale 0: not said */
};

/* The same, with steps as numbers; UNSET where none was given. */
struct range {
    int64_t png, from, to;
};

static int replay_read_step(const char *name, const char *text, int64_t n_steps,
                            int64_t *out, struct error *err)
{
    *out = UNSET;
    if (!text)
        return 0;
    if (!number_read_whole(text, INT32_MIN, INT64_MAX, out))
        return error_set(err, "replay: --%s takes the number of a step, not \"%.40s\"",
                         name, text);
    if (*out < 0)
        *out += n_steps + 1; /* -1 is the end */
    if (*out < 0 || *out > n_steps)
        return error_set(err, "replay: --%s %s: the replay has the steps 0 to %" PRId64,
                         name, text, n_steps);
    return 0;
}

static int replay_print_json(const struct replay *r, const struct replay_check *c)
{
    return say_result(json_pack(
        "{s:b, s:o, s:I, s:o, s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:s, s:s, s:s, s:i,"
        " s:i}",
        "verified", c->verified, "return", json_finite(c->total), "steps",
        (json_int_t)c->n_steps, "trajectory", json_sprintf("%016" PRIx64, c->trajectory),
        "why", c->why, "env_version", (int)r->env_version, "env", r->task->env->name,
        "policy", r->policy_name, "policy_sha256", r->policy_sha256, "params", r->params,
        "frames", (json_int_t)r->n_frames, "terminated", r->terminated, "truncated",
        r->truncated, "fault", r->fault ? fault_name(r->fault) : "", "fault_text",
        r->fault_text, "task", r->task->name, "notes", r->n_notes, "marks", r->n_marks));
}

static void replay_print_table(const struct replay *r, const struct replay_check *c)
{
    char when[32];

    text_utc(r->created, when);
    say("environment  %s (version %u), seed %" PRIu64 "\n", r->task->env->name,
        r->env_version, r->seed);
    say("policy       %s  %.12s\n",
        !*r->policy_source ? "none: a person played"
        : *r->policy_name  ? r->policy_name
                           : "?",
        *r->policy_source ? r->policy_sha256 : "");
    say("recorded     %s\n", when);
    say("return       %.10g in %" PRId64 " steps, %" PRId64 " frames, %s\n", c->total,
        c->n_steps, r->n_frames,
        r->terminated  ? "terminated"
        : r->truncated ? "truncated"
                       : "ended early");
    if (r->fault)
        say("fault        %s: %s\n", fault_name(r->fault), r->fault_text);
    say("trajectory   %016" PRIx64 "\n", c->trajectory);
    say("verified     %s%s\n", c->verified ? "yes" : "no: ", c->why);
}

static int save_frame(struct player *p, int64_t step, const struct options *o,
                      struct error *err)
{
    int scale = o->scale ? o->scale : 1;
    struct canvas frame = frame_alloc(p->episode.env, scale);

    player_seek(p, step);
    frame_draw(p, scale, !o->no_marks, &frame);
    int status = player_check(p, err) == 0 ? image_save(&frame, o->output, err) : -1;
    canvas_free(&frame);
    return status;
}

static int save_strip(struct player *p, const struct options *o, const struct range *at,
                      struct error *err)
{
    struct film_options film = film_of_end(p->replay, o->panels);

    if (at->to != UNSET) {
        film.to = at->to;
        film.from = film.to - film.n_panels + 1 > 0 ? film.to - film.n_panels + 1 : 0;
    }
    if (at->from != UNSET)
        film.from = at->from;
    struct canvas strip = film_draw(p, &film);
    int status = player_check(p, err) == 0 ? image_save(&strip, o->strip, err) : -1;
    canvas_free(&strip);
    return status;
}

static int replay_save_clip(struct player *p, const struct options *o,
                            const struct range *at, enum clip_kind kind,
                            struct error *err)
{
    struct clip_options clip = { .kind = kind,
                                 .scale = o->scale,
                                 .has_marks = !o->no_marks };

    clip.from = at->from == UNSET ? 0 : at->from;
    clip.to = at->to == UNSET ? p->replay->tape.n_steps : at->to;
    return clip_save(p, &clip, kind == CLIP_GIF ? o->gif : o->mp4, NULL, NULL, err);
}

static int export(const struct replay *r, const struct options *o, struct error *err)
{
    int64_t n = r->tape.n_steps;
    struct range at;
    int status = -1;

    if (replay_read_step("png", o->png, n, &at.png, err) != 0 ||
        replay_read_step("from", o->from, n, &at.from, err) != 0 ||
        replay_read_step("to", o->to, n, &at.to, err) != 0)
        return -1;
    if (at.from != UNSET && at.to != UNSET && at.from > at.to)
        return error_set(err, "replay: --from lies behind --to");
    struct player *p = player_create(r, err);
    if (!p)
        return -1;
    if ((!o->png || save_frame(p, at.png, o, err) == 0) &&
        (!o->strip || save_strip(p, o, &at, err) == 0) &&
        (!o->gif || replay_save_clip(p, o, &at, CLIP_GIF, err) == 0) &&
        (!o->mp4 || replay_save_clip(p, o, &at, CLIP_MP4, err) == 0))
        status = 0;
    player_destroy(p);
    return status;
}

static int replay_run(const struct options *o, struct app *app, const char *path,
                      struct error *err)
{
    bool is_export = o->png || o->strip || o->gif || o->mp4;
    struct replay_check check;
    struct replay *r = NULL;
    int status = EXIT_FAILED;

    r = replay_load(&app->envs, path, err);
    if (!r || (is_export && export(r, o, err) != 0))
        goto out;
    if (is_export && !o->json) {
        status = cmd_done();
        goto out;
    }
    if (replay_verify(r, &check, err) != 0)
        goto out;
    if (o->json)
        replay_print_json(r, &check);
    else
        replay_print_table(r, &check);
    status = cmd_done();
    if (!check.verified)
        status = EXIT_FAILED;

out:
    replay_destroy(r);
    return status;
}

/* clang-format off */
static const struct option options[] = {
    { "png", '\0', TEXT_IN(options, png), "T",
      "write the frame of step T to -o OUT" },
    { "output", 'o', TEXT_IN(options, output), "OUT.png",
      "where --png writes" },
    { "strip", '\0', TEXT_IN(options, strip), "OUT.png",
      "write a labelled film strip of the last steps, or of --from to --to" },
    { "gif", '\0', TEXT_IN(options, gif), "OUT.gif",
      "write an animated GIF" },
    { "mp4", '\0', TEXT_IN(options, mp4), "OUT.mp4",
      "write a film; needs the program ffmpeg" },
    { "from", '\0', TEXT_IN(options, from), "A",
      "first step of strip, GIF or film; "
      "negative ones count from the end" },
    { "to", '\0', TEXT_IN(options, to), "B",
      "last step" },
    { "panels", '\0', INT_IN(options, panels), "N",
      "panels of a strip, at most (default 12)", 1, 200 },
    { "scale", '\0', INT_IN(options, scale), "N",
      "enlarge frame, GIF or film N times, in whole pixels (1 to 16)", 1, 16 },
    { "no-marks", '\0', FLAG_IN(options, no_marks), NULL,
      "leave out the policy's marks" },
    GROUP_OF(option_plugin),
    { "json", '\0', FLAG_IN(options, json), NULL,
      "verify, and print the result as one JSON object" },
    { 0 },
};
/* clang-format on */

static int exec_replay(struct call *c)
{
    struct options *o = c->state;

    if (o->png && !o->output)
        return call_misused(c, "--png needs -o OUT.png");
    return replay_run(o, c->app, c->args[0], &c->err);
}

const struct command cmd_replay = {
    .name = "replay",
    .args = "FILE.replay",
    .about = "play a replay again and compare, or make pictures of it",
    .details =
        "Without an option that makes pictures, the replay is verified: its actions are played from\n"
        "its seed, and return, end and trajectory must be those it states. Exit status 1 when not.",
    .example =
        "ratchet replay logs/replays/best.replay --json\n"
        "ratchet replay best.replay --png -1 -o end.png --strip end-strip.png\n"
        "ratchet replay best.replay --png 500 --scale 3 -o large.png\n"
        "ratchet replay best.replay --gif rally.gif --from 400 --to 900",
    .options = options,
    .size = sizeof(struct options),
    .initial = &(const struct options){ .panels = FILM_PANELS },
    .n_min = 1,
    .n_max = 1,
    .needs = NEEDS_PLUGINS,
    .exec = exec_replay,
};
