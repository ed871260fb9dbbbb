/* cmd_freeze.c - `ratchet freeze` and `ratchet audit`: open a hidden split for the
 * incumbent. */
#include "runner/cmd/cmd.h"
#include "runner/home/opened_run.h"
#include "runner/home/progress.h"
#include "runner/judge/freeze.h"

static void show_progress(void *user, enum purpose purpose, int done, int n)
{
    progress_show(user, "%s: %d of %d episodes", purpose_name(purpose), done, n);
}

static int freeze_open_split(struct call *c, enum split split)
{
    struct opened_run *o = c->opened;
    struct progress progress = { 0 };
    struct freeze f = {
        .ledger = o->ledger,
        .run = &o->run,
        .base = { .task = o->task, .setup = c->setup },
        .salt = &o->salt,
        .split = split,
        .progress = show_progress,
        .user = &progress,
    };
    json_t *report = freeze_open(&f, &c->err);

    progress_erase();
    if (!report)
        return EXIT_FAILED;
    if (c->setup.json) {
        say_result(report);
    } else {
        freeze_print(stdout, report);
        json_decref(report);
    }
    return cmd_done();
}

static const struct option options[] = {
    GROUP_OF(options_jobs), GROUP_OF(option_plugin), GROUP_OF(option_json), { 0 },
};

static int open_of(struct call *c, enum split split)
{
    /* It writes: the opening is in the ledger before the first episode. */
    c->opened->only_reads = false;
    return call_run(c, c->args[0]) == 0 &&
                   run_check_versions(&c->opened->run, c->opened->task, false, &c->err) ==
                       0 &&
                   opened_run_lock(c->opened, &c->err) == 0
               ? freeze_open_split(c, split)
               : EXIT_FAILED;
}

static int exec_freeze(struct call *c)
{
    return open_of(c, SPLIT_HOLDOUT);
}

static int exec_audit(struct call *c)
{
    return open_of(c, SPLIT_AUDIT);
}

const struct command cmd_freeze = {
    .name = "freeze",
    .args = "RUN",
    .about = "play a run's incumbent on the holdout seeds, once",
    .details =
        "Shows dev against holdout, with the gap and its interval. The opening is in the ledger,\n"
        "numbered, before the first episode is played; a second one for the same candidate is\n"
        "refused. It checks first that the ledger's dev episodes, played again, give what it says.\n"
        "Where the run's salt is public (a session was recorded, or its salt came from one), the\n"
        "opening is marked: its seeds are published or public, not hidden.",
    .example = "ratchet freeze logs/breakout-1",
    .options = options,
    .n_min = 1,
    .n_max = 1,
    .exec = exec_freeze,
};

const struct command cmd_audit = {
    .name = "audit",
    .args = "RUN",
    .about = "play a run's incumbent on the audit seeds: once a task, for the final claim",
    .details = "The audit seeds of a task are opened once in a ledger, whatever run asks for it. Refused where\n"
        "the run's salt was public before it began (it came from a session).",
    .example = "ratchet audit logs/breakout-1",
    .options = options,
    .n_min = 1,
    .n_max = 1,
    .exec = exec_audit,
};
