/* cmd_envs.c - `ratchet envs`: lists the environments, or describes one. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "runner/brief/brief_plan.h"
#include "runner/cmd/cmd.h"
#include "runner/record/env_json.h"
#include "runner/record/published.h"

static const char *bits_text(enum env_bits bits)
{
    return bits == ENV_BITS_X86_64    ? "any x86-64 machine"
           : bits == ENV_BITS_MACHINE ? "machines of this kind"
                                      : "not reproducible";
}

static json_t *env_json(const struct env *env)
{
    json_t *events = json_array(), *options = json_object();

    for (const struct env_event *e = env->events; e && e->name; e++)
        json_array_append_new(
            events, json_pack("{s:s, s:b}", "name", e->name, "failure", e->is_failure));
    for (const struct env_option *o = env->options; o && o->name; o++)
        json_object_set_new(options, o->name, json_string(o->value));
    return json_pack(
        "{s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:[i,i], s:i}", "name",
        env->name, "version", (int)env->version, "about", env->about, "bits",
        bits_text(env->bits), "fields", env_fields_json(env, NULL), "actions",
        env_actions_json(env), "events", events, "options", options, "fps",
        json_finite(env->frames_per_second), "max_frames", (json_int_t)env->max_frames,
        "target", json_finite(env->target), "frame", env->frame_width, env->frame_height,
        "ram", env->ram_size);
}

static void print_range(double min, double max)
{
    if (isfinite(min) || isfinite(max))
        say("%g to %g", min, max);
    else
        say("unbounded");
}

static void print_env(const struct env *env)
{
    struct published_scores scores;

    say("%s (version %u): %s\n", env->name, env->version, env->about);
    say("%g frames a second, at most %lld; ", env->frames_per_second,
        (long long)env->max_frames);
    if (!isnan(env->target))
        say("a return worth reaching: %g; ", env->target);
    if (published_find(env->name, &scores))
        say("of the benchmark's 57: a random player gets %g, a person %g; ",
            scores.random, scores.person);
    say("same bits on: %s\n\nobservation\n", bits_text(env->bits));
    for (const struct env_field *f = env->fields; f->name; f++) {
        say("  %-18s ", f->name);
        print_range(f->min, f->max);
        say("%s%s", f->unit[0] ? " " : "", f->unit);
        say(f->n > 1 ? "  (a list of %d)\n" : "\n", f->n);
    }
    if (env->ram_size)
        say("  observation=ram    %d bytes, obs.ram[0..%d]\n", env->ram_size,
            env->ram_size - 1);
    if (env->frame_width)
        say("  observation=frame  %d x %d pixels, obs.frame; observation=gray: "
            "without colors\n",
            env->frame_width, env->frame_height);
    if (env_check_copy(env, NULL) == 0)
        say("  plan=true          obs.sim, a copy to plan with%s\n",
            env->set_observed ? ", set from the observation"
                              : ": only with plan_state=true, from the true state");
    say("\naction\n");
    for (const struct env_action *a = env->actions; a->name; a++) {
        say("  %-18s ", a->name);
        for (int i = 0; a->choices && i <= (int)(a->max - a->min); i++)
            say("%s%d %s", i ? ", " : "", (int)a->min + i, a->choices[i]);
        if (!a->choices)
            print_range(a->min, a->max);
        say("\n");
    }
    say("\nevents\n");
    for (const struct env_event *e = env->events; e && e->name; e++)
        say("  %s%s\n", e->name, e->is_failure ? "  (a failure)" : "");
    say("\noptions (--set)\n");
    for (const struct env_option *o = env->options; o && o->name; o++)
        say("  %-18s %s (default %s)\n", o->name, o->help, o->value);
}

static json_t *scores_json(const struct published_scores *s)
{
    return json_pack("{s:o, s:o}", "random", json_finite(s->random), "person",
                     json_finite(s->person));
}

/* Of an environment that is found by name only its name is known here. */
static void list_found(void *user, const char *name, const char *about)
{
    json_t *all = user, *one;
    struct published_scores s;
    bool is_benchmark = published_find(name, &s);

    if (!all) {
        say("%-26s %s", name, about);
        if (is_benchmark)
            say("; of the benchmark's 57 (random %g, a person %g)", s.random,
                s.person);
        putchar('\n');
        return;
    }
    one = json_pack("{s:s, s:s, s:b}", "name", name, "about", about, "benchmark",
                    is_benchmark);
    if (is_benchmark)
        json_object_set_new(one, "scores", scores_json(&s));
    json_array_append_new(all, one);
}

static int envs_list(const struct app *app, bool as_json)
{
    json_t *all = json_array();

    for (int i = 0; i < app->envs.n; i++)
        if (as_json)
            json_array_append_new(all, env_json(app->envs.list[i]));
        else
            say("%-26s %s\n", app->envs.list[i]->name, app->envs.list[i]->about);
    if (app->envs.finder)
        app->envs.finder->list(list_found, as_json ? all : NULL);
    if (as_json)
        say_result(all);
    else
        json_decref(all);
#ifndef HAVE_MUJOCO
    if (!as_json)
        say(
            "\nThe MuJoCo tasks are missing: this program was built without libmujoco-dev.\n");
#endif
    return cmd_done();
}

/* One environment, and what a policy may plan with where --set says that it may. */
static int envs_describe(const struct app *app, const struct setup *c, const char *name,
                         struct error *err)
{
    const struct env *env = env_find(&app->envs, name, err);
    struct task *task = env ? task_create(env) : NULL;
    int status = task ? 0 : -1;

    for (char **s = c->set; task && s && *s && status == 0; s++)
        status = task_set(task, *s, err);
    if (status == 0)
        status = task_check(task, err);
    if (status == 0 && c->json) {
        say_result(env_json(env));
    } else if (status == 0) {
        print_env(env);
        brief_plan_write(stdout, task);
    }
    task_destroy(task);
    return status;
}

static int exec_envs(struct call *c)
{
    if (!c->args[0])
        return envs_list(c->app, c->setup.json);
    return envs_describe(c->app, &c->setup, c->args[0], &c->err) == 0 ? cmd_done()
                                                                      : EXIT_FAILED;
}

const struct command cmd_envs = {
    .name = "envs",
    .args = "[ENV]",
    .about = "list the environments, or describe one",
    .details =
        "Of the one that is named: what a policy observes, its actions, events and options. Options\n"
        "are set by --set; with --set plan=true the functions of a planner are listed, too.",
    .example = "ratchet envs\nratchet envs breakout\nratchet envs cartpole --set plan=true\nratchet envs walk --plugin build/tests/walk.so",
    .options = options_common,
    .n_max = 1,
    .needs = NEEDS_PLUGINS,
    .exec = exec_envs,
};
