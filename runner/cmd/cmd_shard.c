/* cmd_shard.c - `ratchet shard`: plays one shard of an evaluation on a node of a
 * cluster. */
#include "base/number.h"
#include "runner/cmd/cmd.h"
#include "runner/evaluate/cluster/shard.h"

static int exec_shard(struct call *c)
{
    int64_t shard;

    if (!number_read_whole(c->args[1], 0, 1000000, &shard))
        return call_misused(c, "%s: not the number of a shard", c->args[1]);
    return shard_play(c->args[0], (int)shard, &c->app->envs, c->app->interrupted,
                      &c->err) == 0
               ? EXIT_DONE
               : EXIT_FAILED;
}

const struct command cmd_shard = {
    .name = "shard",
    .args = "FOLDER N",
    .about = "play one shard of an evaluation; `--engine slurm` calls it",
    .details =
        "FOLDER holds an evaluation's job; the results go there, in a file that is named by its\n"
        "contents. The ledger is not opened: the coordinator confirms and enters what comes.",
    .example = "ratchet shard logs/cluster/evaluation-a1b2c3 0",
    .n_min = 2,
    .n_max = 2,
    .exec = exec_shard,
};
