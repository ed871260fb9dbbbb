/* cmd_shard.c - `ratchet shard`: plays one shard of an evaluation on a node of a
 * cluster. */
#include "base/number.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/cluster/shard.h"

static int main_shard(const struct command *self, struct app *app, int argc,
                      const char **argv)
{
    struct poptOption options[] = { POPT_TABLEEND };
    struct error err = { "" };
    int status;
    const char **args = cmd_parse(self, app, argc, argv, options, 2, 2, &status);
    int64_t shard;

    if (!args)
        return status;
    if (!number_read_whole(args[1], 0, 1000000, &shard)) {
        error_set(&err, "shard: %s: not the number of a shard", args[1]);
        status = cmd_fail(EXIT_USAGE, &err);
    } else if (shard_play(args[0], (int)shard, &app->envs, app->interrupted, &err) != 0) {
        status = cmd_fail(EXIT_FAILED, &err);
    }
    cmd_free_args(args);
    return status;
}

const struct command cmd_shard = {
    .name = "shard",
    .args = "FOLDER N",
    .about = "play one shard of an evaluation; `--engine slurm` calls it",
    .details =
        "FOLDER holds an evaluation's job; the results go there, in a file that is named by its\n"
        "contents. The ledger is not opened: the coordinator confirms and enters what comes.",
    .example = "ratchet shard logs/cluster/evaluation-a1b2c3 0",
    .run = main_shard,
};
