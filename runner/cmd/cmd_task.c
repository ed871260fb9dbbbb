/* cmd_task.c - `ratchet task`: shows a task as JSON, and what its keys mean. */
#include <stdlib.h>

#include "runner/cmd/cmd.h"

static void task_print_keys(void)
{
    const char *name, *help;

    say("Keys of a task, in its JSON file or as --set KEY=VALUE:\n\n");
    for (size_t i = 0; task_key(i, &name, &help); i++)
        say("  %-20s %s\n", name, help);
    say("\n`ratchet task ENV` prints the built-in task of an environment as JSON.\n");
}

static int exec_task(struct call *c)
{
    if (c->task)
        say_result(task_to_json(c->task));
    else
        task_print_keys();
    return cmd_done();
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
    .options = options_common,
    .n_max = 1,
    .needs = NEEDS_TASK,
    .exec = exec_task,
};
