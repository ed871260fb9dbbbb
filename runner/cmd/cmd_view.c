/* cmd_view.c - `ratchet view`: looks into replays in a window. */
#include <stdlib.h>
#include <string.h>

#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/evaluate.h"
#include "runner/judge/cases.h"
#include "runner/view/view.h"

struct options {
    struct setup *setup;
    char *policy, *export_folder, *cases;
    long at;
    int play;
};

/* The policy shadows the replay up to the step, and plays on from there. */
static struct replay *view_play_on(void *user, const struct replay *r, int64_t step,
                                   const char *path, struct error *err)
{
    const struct setup *setup = user;
    struct tape shadow = { r->tape.data, step, r->tape.width };
    struct episode_request request = { .seed = r->seed,
                                       .shadow = &shadow,
                                       .wants_notes = true };
    struct episode_result result = { 0 };
    struct policy_facts facts = { 0 };
    struct policy policy = { .name = file_name(path) };
    struct replay *made = NULL;

    policy.source = file_load_text(path, VM_MAX_SOURCE, err);
    if (!policy.source)
        return NULL;
    struct evaluation e = { .task = r->task, .policy = policy, .setup = *setup };
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

/* Were both played by the same rules, so that a step of one means something in the
 * other? */
static bool view_is_same_task(const struct task *a, const struct task *b)
{
    json_auto_t *x = task_to_json(a), *y = task_to_json(b);

    return a->env == b->env && a->rules.frame_skip == b->rules.frame_skip &&
           a->rules.sticky == b->rules.sticky && a->rules.noop_max == b->rules.noop_max &&
           json_equal(json_object_get(x, "options"), json_object_get(y, "options"));
}

/* Does the replay begin as the case does, or did its policy come there otherwise? */
static bool has_prefix(const struct replay *r, const struct tape *prefix)
{
    return r->tape.n_steps >= prefix->n_steps && r->tape.width == prefix->width &&
           (prefix->n_steps == 0 ||
            !memcmp(r->tape.data, prefix->data,
                    (size_t)prefix->n_steps * (size_t)prefix->width));
}

/* Where a policy has been cut into cases. */
struct flags {
    struct view_flag *list;
    int n;
};

static void flags_clear(struct flags *f)
{
    for (int i = 0; i < f->n; i++)
        free((char *)f->list[i].text);
    free(f->list);
}

static void flags_add(struct flags *f, const struct replay *r,
                      const struct regression_case *c)
{
    int64_t at = c->prefix.n_steps;

    if (c->seed != r->seed || at > r->tape.n_steps ||
        !view_is_same_task(c->task, r->task))
        return;
    f->list = xrealloc(f->list, sizeof(*f->list) * (size_t)(f->n + 1));
    f->list[f->n].step = at;
    f->list[f->n++].text = xasprintf(
        "%s was cut here: no %s in %lld steps%s%s", c->name, c->event,
        (long long)c->horizon,
        has_prefix(r, &c->prefix) ? "" : " (by another policy, from other actions)",
        case_is_stale(c) ? " (stale)" : "");
}

/* The folder that was named, or the one beside the replay: a run's. */
static char *cases_folder(const struct options *o, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (o->cases)
        return xstrdup(o->cases);
    return slash ? xasprintf("%.*s/cases", (int)(slash - path), path) : xstrdup("cases");
}

/* -1 when a folder was named and cannot be read. A replay that cannot be opened has no
 * flags; view_run() says why. */
static int flags_load(struct flags *f, const struct options *o, const char *path,
                      struct error *err)
{
    struct error ignored;
    struct replay *r = replay_load(o->setup->envs, path, &ignored);
    scoped char *folder = cases_folder(o, path);
    struct case_list cases = { NULL, 0 };
    int status = r ? case_list_load(&cases, o->setup->envs, folder, err) : 0;

    for (int i = 0; i < cases.n; i++)
        flags_add(f, r, &cases.list[i]);
    if (status != 0 && !o->cases) {
        say_to(stderr, "ratchet: no case is shown: %s\n", err->text);
        err->text[0] = '\0';
        status = 0;
    }
    case_list_clear(&cases);
    replay_destroy(r);
    return status;
}

/* It may be wrong and be mended while the window is open; but it is there. */
static int check_policy(const char *path, struct error *err)
{
    scoped char *source = file_load_text(path, VM_MAX_SOURCE, err);

    return source ? 0 : -1;
}

static int view_run_app(struct options *o, const char *const *paths, int n_paths,
                        struct error *err)
{
    struct flags flags = { NULL, 0 };
    const struct view_whatif whatif = { o->setup, view_play_on };
    struct view_options view = {
        .envs = o->setup->envs,
        .paths = paths,
        .n_paths = n_paths,
        .policy = o->policy,
        .whatif = &whatif,
        .export_folder = o->export_folder,
        .interrupted = o->setup->interrupted,
        .at = o->at,
        .is_playing = o->play,
    };

    int status = EXIT_FAILED, shown;
    if (o->policy && check_policy(o->policy, err) != 0)
        return EXIT_USAGE;
    if (n_paths > 0 && flags_load(&flags, o, paths[0], err) != 0)
        goto out;
    view.flags = flags.list;
    view.n_flags = flags.n;
    shown = view_run(&view, err);
    status = shown == 0 ? EXIT_DONE : shown == VIEW_BAD_FILE ? EXIT_USAGE : EXIT_FAILED;

out:
    flags_clear(&flags);
    return status;
}

/* clang-format off */
static const struct option options[] = {
    { "at", '\0', PLACE_IN(options, at), "STEP",
      "begin at this step; -1 is the end" },
    { "play", '\0', FLAG_IN(options, play), NULL,
      "begin playing" },
    { "policy", '\0', TEXT_IN(options, policy), "FILE.lua",
      "the policy of W, what if: it goes on from the step that is shown, again "
      "whenever the file is saved" },
    { "cases", '\0', TEXT_IN(options, cases), "DIR",
      "flag where the cases of this folder were cut (default: `cases` beside the first "
      "replay)" },
    { "export", '\0', TEXT_IN(options, export_folder), "DIR",
      "where S, G, V and L save (default: here)" },
    GROUP_OF(option_plugin),
    { 0 },
};
/* clang-format on */

static int exec_view(struct call *c)
{
    struct options *o = c->state;

    o->setup = &c->setup;
    return view_run_app(o, c->args, c->n_args, &c->err);
}

const struct command cmd_view = {
    .name = "view",
    .args = "[FILE.replay [OTHER.replay]]",
    .about = "look into replays in a window",
    .details =
        "Plays, steps and seeks; shows observation, action, reward, notes and marks; compares two\n"
        "replays step by step; saves frames and films. `?` in the window lists keys and mouse.",
    .example =
        "ratchet view logs/replays/best.replay\n"
        "ratchet view before.replay after.replay --at 400\n"
        "ratchet view logs/breakout-1/best.replay --cases policies/breakout/cases",
    .options = options,
    .size = sizeof(struct options),
    .n_max = 2,
    .needs = NEEDS_PLUGINS,
    .exec = exec_view,
};
