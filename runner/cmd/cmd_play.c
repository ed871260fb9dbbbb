/* cmd_play.c - `ratchet play`: a person plays with the keyboard, and the episode is
 * recorded as a replay like any other. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "base/json.h"
#include "runner/cmd/cmd.h"
#include "runner/view/play_keys.h"
#include "runner/view/view.h"

struct options {
    char *record;
    struct option_seed seed;
};

struct play {
    const char *path; /* of the replay */
    struct replay *replay;
    void *instance;
    struct episode episode;
    struct play_keys keys;
    struct buffer tape; /* grows; the replay owns it */
    bool has_begun, is_saved;
    const char *help[PLAY_MAX_ROWS + 1][2];
    char begin[128];
};

static struct replay *create_replay(const struct task *task, uint64_t seed)
{
    struct replay *r = xcalloc(1, sizeof(*r));

    r->task = task_copy(task);
    r->env_version = task->env->version;
    r->seed = seed;
    r->policy_name = xstrdup("");
    r->policy_source = xstrdup("");
    sha256_hex("", 0, r->policy_sha256);
    r->params = xstrdup("{}");
    r->fault_text = xstrdup("");
    r->created = (int64_t)time(NULL);
    r->tape.width = tape_width(task->env);
    return r;
}

/* What the episode engine says is what the replay states. */
static void play_state_end(struct play *p)
{
    const struct episode_state *now = &p->episode.now;

    p->replay->total = now->total;
    p->replay->n_frames = now->n_frames;
    p->replay->terminated = now->terminated;
    p->replay->truncated = now->truncated;
    p->replay->trajectory = episode_hash(&p->episode);
}

static void play_step(struct play *p)
{
    struct replay *r = p->replay;
    double action[ENV_MAX_ACTION];

    play_keys_action(&p->keys, action);
    buffer_reserve(&p->tape, (size_t)r->tape.width);
    tape_put(p->tape.data + p->tape.len, r->task->env, action);
    p->tape.len += (size_t)r->tape.width;
    r->tape.data = p->tape.data;
    r->tape.n_steps++;
    tape_get(&r->tape, r->task->env, r->tape.n_steps - 1, action); /* as it will replay */
    replay_add_keyframe(r, r->tape.n_steps - 1, &p->episode);
    episode_step(&p->episode, action);
}

static int play_save(struct play *p, struct error *err)
{
    if (p->is_saved || p->replay->tape.n_steps == 0)
        return 0;
    p->is_saved = replay_save(p->replay, p->path, err) == 0;
    return p->is_saved ? 0 : -1;
}

static bool play_advance(void *user, int64_t n_steps)
{
    struct play *p = user;
    struct error later; /* is met again when the window is closed */

    for (int64_t i = 0; i < n_steps && p->has_begun && !episode_is_over(&p->episode); i++)
        play_step(p);
    play_state_end(p);
    if (!episode_is_over(&p->episode))
        return true;
    play_save(p, &later);
    return false;
}

static bool take_key(void *user, const char *name, bool is_down)
{
    struct play *p = user;
    bool is_used = play_keys_take(&p->keys, name, is_down);

    p->has_begun |= is_used && is_down;
    return is_used;
}

static const char *status(void *user)
{
    struct play *p = user;

    return p->has_begun ? NULL : p->begin;
}

static void play_print_keys(struct play *p)
{
    int n = p->keys.n_rows;

    for (int i = 0; i < n; i++) {
        p->help[i][0] = p->keys.rows[i].name;
        p->help[i][1] = p->keys.rows[i].does;
    }
    p->help[n][0] = "Return";
    p->help[n][1] = "pause, go on";
    snprintf(p->begin, sizeof(p->begin), "press %s to begin",
             n > 0 ? p->keys.rows[0].name : "nothing: there are no keys");
    say_to(stderr, "%-16s  %s\n", "key", "action");
    for (int i = 0; i <= n; i++)
        say_to(stderr, "%-16s  %s\n", p->help[i][0], p->help[i][1]);
    say_to(stderr, "? lists the window's other keys; the first key begins\n");
}

static int print_result(const struct play *p, bool is_json)
{
    const struct replay *r = p->replay;

    if (is_json) {
        say_result(json_pack(
            "{s:s, s:o, s:o, s:I, s:b, s:b, s:o, s:s}", "env", r->task->env->name, "seed",
            json_unsigned(r->seed), "return", json_finite(r->total), "steps",
            (json_int_t)r->tape.n_steps, "terminated", r->terminated, "truncated",
            r->truncated, "trajectory", json_sprintf("%016" PRIx64, r->trajectory),
            "replay", p->path));
    } else if (r->tape.n_steps == 0) {
        say("nothing was played, so there is no replay\n");
    } else {
        say("return %.10g in %" PRId64 " steps, %s: %s\n", r->total, r->tape.n_steps,
            r->terminated  ? "terminated"
            : r->truncated ? "truncated"
                           : "ended early",
            p->path);
    }
    return cmd_done();
}

static int play_play(struct play *p, struct app *app, struct error *err)
{
    const struct view_live live = {
        .user = p,
        .name = p->replay->task->env->name,
        .replay = p->replay,
        .poll = play_advance,
        .status = status,
        .key = take_key,
        .help = (const char *const(*)[2])p->help,
        .n_help = p->keys.n_rows + 1,
    };
    struct view_options view = { .envs = &app->envs,
                                 .live = &live,
                                 .interrupted = app->interrupted };

    play_print_keys(p);
    if (view_run(&view, err) != 0)
        return -1;
    play_state_end(p);
    return play_save(p, err);
}

/* ENV.replay, without folders of the environment's name. */
static char *play_default_path(const struct task *task)
{
    char *path = xasprintf("%s.replay", task->env->name);

    for (char *slash = path; *slash; slash++)
        if (*slash == '/')
            *slash = '_';
    return path;
}

static int play_run(struct options *o, struct call *c)
{
    const struct task *task = c->task;
    struct play p = { NULL };
    int status = EXIT_FAILED;

    if (!o->record)
        o->record = play_default_path(task);
    p.path = o->record;
    p.instance = task_create_instance(task, &c->err);
    if (!p.instance)
        goto out;
    p.replay = create_replay(task, o->seed.value);
    episode_init(&p.episode, task->env, p.instance, &task->rules);
    episode_reset(&p.episode, p.replay->seed);
    play_keys_init(&p.keys, task->env);
    if (play_play(&p, c->app, &c->err) == 0)
        status = print_result(&p, c->setup.json);
    episode_clear(&p.episode);

out:
    task->env->destroy(p.instance);
    replay_destroy(p.replay);
    return status;
}

/* clang-format off */
static const struct option options[] = {
    { "record", '\0', TEXT_IN(options, record), "FILE",
      "where the replay goes (default: ENV.replay here); one that is there is replaced" },
    { "seed", '\0', SEED_IN(options, seed), "S",
      "of the episode (default 0)" },
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_play(struct call *c)
{
    return play_run(c->state, c);
}

const struct command cmd_play = {
    .name = "play",
    .args = "ENV|TASK.json",
    .about = "play yourself, with the keyboard, and record it",
    .details =
        "Arrows and space are the actions of these names, else a component's lowest and highest\n"
        "value; the table of keys is printed at the start. The episode goes at the environment's\n"
        "own speed (with the window's buttons at another), begins with the first key, and ends\n"
        "when it is over or the window is closed. The replay is one like any other.",
    .example =
        "ratchet play breakout\n"
        "ratchet play pendulum --seed 3 --record mine.replay",
    .options = options,
    .size = sizeof(struct options),
    .n_min = 1,
    .n_max = 1,
    .needs = NEEDS_TASK,
    .exec = exec_play,
};
