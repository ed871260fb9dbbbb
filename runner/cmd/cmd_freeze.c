/* cmd_freeze.c - `ratchet freeze` and `ratchet audit`: open a hidden split for the
 * incumbent. */
#include "runner/home/opened_run.h"
#include "runner/home/progress.h"
#include "runner/judge/freeze.h"

static void show_progress(void *user, enum purpose purpose, int done, int n)
{
    progress_show(user, "%s: %d of %d episodes", purpose_name(purpose), done, n);
}

static int open_split(struct opened_run *o, struct app *app, struct common *c,
                      enum split split, struct error *err)
{
    struct policy nothing = { .name = "", .source = "" };
    struct progress progress = { 0 };
    struct freeze f = {
        .ledger = o->ledger,
        .run = &o->run,
        .base = common_evaluation(app, c, o->task, &nothing),
        .salt = &o->salt,
        .split = split,
        .progress = show_progress,
        .user = &progress,
    };
    json_t *report = freeze_open(&f, err);

    progress_erase();
    if (!report)
        return EXIT_FAILED;
    if (c->json) {
        cmd_print_json(report);
    } else {
        freeze_print(stdout, report);
        json_decref(report);
    }
    return cmd_done();
}

static int freeze_or_audit(const struct command *self, struct app *app, int argc,
                           const char **argv, enum split split)
{
    struct common common = { 0 };
    struct opened_run o = { .lock = -1 };
    struct error err = { "" };
    int status;
    struct poptOption options[] = {
        JOBS_TABLE(common),
        { "plugin", '\0', POPT_ARG_ARGV, &common.plugins, 0,
          "load environments from a shared object; it is trusted native code",
          "FILE.so" },
        { "json", '\0', POPT_ARG_NONE, &common.json, 0,
          "print the result as one JSON object", NULL },
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 1, 1, &status);

    if (!args)
        return status;
    status = opened_run_find(&o, app, &common, args[0], &err) == 0 &&
                     opened_run_lock(&o, &err) == 0
                 ? open_split(&o, app, &common, split, &err)
                 : EXIT_FAILED;
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    opened_run_clear(&o);
    common_clear(&common);
    cmd_free_args(args);
    return status;
}

static int main_freeze(const struct command *self, struct app *app, int argc,
                       const char **argv)
{
    return freeze_or_audit(self, app, argc, argv, SPLIT_HOLDOUT);
}

static int main_audit(const struct command *self, struct app *app, int argc,
                      const char **argv)
{
    return freeze_or_audit(self, app, argc, argv, SPLIT_AUDIT);
}

const struct command cmd_freeze = {
    .name = "freeze",
    .args = "RUN",
    .about = "play a run's incumbent on the holdout seeds, once",
    .details =
        "Shows dev against holdout, with the gap and its interval. The opening is in the ledger,\n"
        "numbered, before the first episode is played; a second one for the same candidate is\n"
        "refused. It checks first that the ledger's dev episodes, played again, give what it says.",
    .example = "ratchet freeze logs/breakout-1",
    .run = main_freeze,
};

const struct command cmd_audit = {
    .name = "audit",
    .args = "RUN",
    .about = "play a run's incumbent on the audit seeds: once a task, for the final claim",
    .details = "The audit seeds of a task are opened once in a ledger, whatever run asks for it.",
    .example = "ratchet audit logs/breakout-1",
    .run = main_audit,
};
