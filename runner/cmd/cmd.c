/* cmd.c - what all commands share: tasks from the command line, the frame. */
#include "runner/cmd/cmd.h"
#include "base/file.h"
#include "runner/home/opened_run.h"
#include "runner/home/run_folder.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int call_plugins(struct call *c)
{
    return setup_plugins(&c->setup, &c->err);
}

int call_task(struct call *c, const char *name)
{
    c->task = setup_task(&c->setup, name, &c->err);
    return c->task ? 0 : -1;
}

int call_ledger(struct call *c)
{
    return opened_ledger(c->opened, &c->err);
}

int call_run(struct call *c, const char *name)
{
    return opened_run_find(c->opened, &c->setup, name, &c->err);
}

static int open_needs(struct call *c)
{
    unsigned needs = c->command->needs;

    if ((needs & NEEDS_TASK) && c->args[0])
        return call_task(c, c->args[0]);
    return needs & NEEDS_PLUGINS ? call_plugins(c) : 0;
}

int command_run(const struct command *self, struct app *app, int argc, const char **argv)
{
    struct opened_run opened = { .lock = -1, .only_reads = true };
    const char *verb = NULL;
    struct call c;
    int status;

    if (self->verb && argc > 2 && !strcmp(argv[1], self->verb) && argv[2][0] &&
        argv[2][0] != '-') {
        verb = self->verb;
        self = self->of_verb;
        argc--;
        argv++;
    }
    if (call_begin(&c, self, app, argc, argv, &status) != 0)
        return status;
    c.verb = verb;
    c.opened = &opened;
    for (int i = 0; i < c.n_args; i++)
        run_folder_follow(c.args[i]);
    status = open_needs(&c) == 0 ? self->exec(&c) : EXIT_FAILED;
    opened_run_clear(&opened);
    task_destroy(c.task);
    return call_end(&c, status);
}

