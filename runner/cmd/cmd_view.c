/* cmd_view.c - `ratchet view`: looks into replays in a window. */
#include <stdlib.h>
#include <string.h>

#include "runner/cmd/cmd.h"
#include "runner/evaluate/evaluate.h"
#include "runner/view/view.h"

struct options {
    struct common common;
    char *policy, *export_folder;
    long at;
    int play;
};

/* What the window asks through struct view_whatif. */
struct asker {
    const struct app *app;
    const struct common *common;
};

/* The policy shadows the replay up to the step, and plays on from there. */
static struct replay *play_on(void *user, const struct replay *r, int64_t step,
                              const char *path, struct error *err)
{
    const struct asker *asker = user;
    struct tape shadow = { r->tape.data, step, r->tape.width };
    struct episode_request request = { .seed = r->seed,
                                       .shadow = &shadow,
                                       .wants_notes = true };
    struct episode_result result = { 0 };
    struct policy_facts facts = { 0 };
    struct policy policy = { .name = base_name(path) };
    struct replay *made = NULL;

    policy.source = read_text_file(path, VM_MAX_SOURCE, err);
    if (!policy.source)
        return NULL;
    struct evaluation e = common_evaluation(asker->app, asker->common, r->task, &policy);
    e.n_jobs = 1;
    if (evaluate(&e, &request, 1, &result, &facts, err) != 0)
        goto out;
    if (facts.fault)
        error_set(err, "%s: %.900s", path, facts.fault_text);
    else if (!result.is_done)
        error_set(err, "%s: interrupted", path);
    else
        made = replay_of_result(&e, &result, err);

out:
    results_clear(&result, 1);
    free((char *)policy.source);
    return made;
}

static int run(const struct options *o, struct app *app, const char *const *paths,
               int n_paths, struct error *err)
{
    struct asker asker = { app, &o->common };
    const struct view_whatif whatif = { &asker, play_on };
    struct view_options view = {
        .envs = &app->envs,
        .paths = paths,
        .n_paths = n_paths,
        .policy = o->policy,
        .whatif = &whatif,
        .export_folder = o->export_folder,
        .interrupted = app->interrupted,
        .at = o->at,
        .is_playing = o->play,
    };

    if (common_plugins(app, &o->common, err) != 0)
        return EXIT_FAILED;
    return view_run(&view, err) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int main_view(const struct command *self, struct app *app, int argc,
                     const char **argv)
{
    struct options o = { 0 };
    struct error err = { "" };
    int status, n_paths = 0;
    struct poptOption options[] = {
        { "at", '\0', POPT_ARG_LONG, &o.at, 0, "begin at this step; -1 is the end",
          "STEP" },
        { "play", '\0', POPT_ARG_NONE, &o.play, 0, "begin playing", NULL },
        { "policy", '\0', POPT_ARG_STRING, &o.policy, 0,
          "what W asks: had this policy gone on from here? It asks again when it is saved",
          "FILE.lua" },
        { "export", '\0', POPT_ARG_STRING, &o.export_folder, 0,
          "where S, G, V and L save (default: here)", "DIR" },
        { "plugin", '\0', POPT_ARG_ARGV, &o.common.plugins, 0,
          "load environments from a shared object; it is trusted native code",
          "FILE.so" },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 2, &status);

    if (!args)
        return status;
    while (args[n_paths])
        n_paths++;
    status = run(&o, app, args, n_paths, &err);
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    common_clear(&o.common);
    free(o.policy);
    free(o.export_folder);
    cmd_free_args(args);
    return status;
}

const struct command cmd_view = {
    "view",
    "[FILE.replay [OTHER.replay]]",
    "look into replays in a window",
    "Plays, steps and seeks; shows observation, action, reward, notes and marks; compares two\n"
    "replays step by step; saves frames and films. `?` in the window lists keys and mouse.",
    "ratchet view logs/replays/best.replay\n"
    "ratchet view before.replay after.replay --at 400",
    main_view,
};
