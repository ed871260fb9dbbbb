/* cmd_task.c - `ratchet task`: shows a task as JSON, and what its keys mean. */
#include <stdlib.h>

#include "runner/cmd/cmd.h"

static void print_keys(void)
{
    const char *name, *help;

    say("Keys of a task, in its JSON file or as --set KEY=VALUE:\n\n");
    for (size_t i = 0; task_key(i, &name, &help); i++)
        say("  %-20s %s\n", name, help);
    say("\n`ratchet task ENV` prints the built-in task of an environment as JSON.\n");
}

static int main_task(const struct command *self, struct app *app, int argc,
                     const char **argv)
{
    struct common common = { 0 };
    struct error err = { "" };
    struct task *task;
    int status;
    struct poptOption options[] = { COMMON_TABLE(common), POPT_TABLEEND };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 1, &status);

    if (!args)
        return status;
    if (!args[0]) {
        print_keys();
        status = cmd_done();
    } else {
        task = common_task(app, &common, args[0], &err);
        if (task)
            cmd_print_json(task_to_json(task));
        status = task ? cmd_done() : cmd_fail(EXIT_FAILED, &err);
        task_destroy(task);
    }
    common_clear(&common);
    cmd_free_args(args);
    return status;
}

const struct command cmd_task = {
    .name = "task",
    .args = "[ENV|TASK.json]",
    .about = "show a task as JSON, or explain its keys",
    .details =
        "A task is an environment with its options, what the policy observes, seed splits, limits,\n"
        "budgets and a target. What is printed can be saved, edited and used as TASK.json.",
    .example =
        "ratchet task\nratchet task breakout > mine.json\n"
        "ratchet task breakout --set preset=v5 --set observation=ram",
    .run = main_task,
};
