/* slurm.h - job arrays through Slurm's own commands: sbatch, squeue, scancel. */
#ifndef RATCHET_RUNNER_EVALUATE_CLUSTER_SLURM_H
#define RATCHET_RUNNER_EVALUATE_CLUSTER_SLURM_H

#include <stdbool.h>

#include "base/error.h"

/* Starts `ratchet shard FOLDER N` for each of the n shards, with so many processors each;
 * the job's number goes to id. Partition, constraint, account: Slurm's own SBATCH_
 * variables. */
int slurm_submit(const char *folder, const int *shards, int n, int n_cpus, char id[32],
                 struct error *err);
/* Sets is_live[shard] for every task of the array that waits or runs, is_running for
 * those that run. -1: the controller does not answer. */
int slurm_look(const char *id, bool *is_live, bool *is_running, int n_shards,
               struct error *err);
/* Ends what is left of it; whether that works does not matter to results. */
void slurm_cancel(const char *id);

#endif
