/* seeds.h - the four disjoint splits of seeds. Dev seeds follow from the task's name; the
 * hidden ones from the task's name and a secret salt that lies in a file of mode 600. */
#ifndef RATCHET_RUNNER_EVALUATE_SEEDS_H
#define RATCHET_RUNNER_EVALUATE_SEEDS_H

#include <stdint.h>

#include "base/error.h"

struct salt {
    char hex[65];    /* 32 random bytes; never printed, never in the ledger */
    char sha256[65]; /* of hex: published when a run starts */
};

/* A fresh one, kept nowhere: the seeds are as fresh as a holdout's. */
int salt_draw(struct salt *s, struct error *err);

/* Makes the file (mode 600) when it is not there yet, else reads it. */
int salt_open(struct salt *s, const char *path, struct error *err);
/* Only reads it. 1: found, 0: there is none, -1: not a salt, or not ours alone. */
int salt_find(struct salt *s, const char *path, struct error *err);
/* One that is known: 64 hexadecimal digits, else -1. */
int salt_set(struct salt *s, const char *hex);
/* Into a new file of mode 600. -1 also when another salt lies there. */
int salt_save(const struct salt *s, const char *path, struct error *err);

enum split { SPLIT_DEV, SPLIT_GATE, SPLIT_HOLDOUT, SPLIT_AUDIT };

/* The seed of an index in a split, 0..2^62 - 1: SHA-256 over split, task, scope, index
 * and, for hidden splits, the salt. Splits cannot meet but by a collision of 62 bits.
 * scope tells draws of one split apart (the gate takes fresh seeds for each candidate);
 * "" for the others. */
uint64_t split_seed(const struct salt *s, enum split split, const char *task,
                    const char *scope, int64_t index);

#endif
