/* gate_sim.h - simulated comparisons: how often a gate promotes, for differences of known
 * shape and mean. The tables of docs/gate.md come from here. */
#ifndef RATCHET_TESTS_GATE_SIM_H
#define RATCHET_TESTS_GATE_SIM_H

#include <stdbool.h>

#include "base/rng.h"

#define SIM_FIRST 8    /* pairs at the first look; each look doubles them */
#define SIM_CAP 128    /* pairs at the last look */
#define SIM_ERROR 0.05 /* that a run allows; the k-th candidate has 1/(k(k+1)) of it */

/* A shape of differences, in units of its own. */
struct sim_shape {
    const char *name;
    /* One difference. *start: which of few starts it came from, else it is left alone. */
    double (*draw)(struct rng *r, int *start);
    double most_loss, most_gain; /* differences are cut there */
    double mean;                 /* true one, to the digits that matter; for the table */
    bool is_hard;                /* error comes close to what is stated */
};

/* The gates that are compared. */
enum sim_gate {
    SIM_BETTING, /* ours, at 8, 16, ... 128 pairs */
    SIM_EVERY,   /* ours, looked at after every pair */
    SIM_TWICE,   /* the same with twice its error: the rows must catch it */
    SIM_OLD,     /* a t-interval over different trajectories, error divided by 5 looks */
    SIM_PADDED,  /* a t-interval from 32 pairs on, with one more as bad as the worst loss
                  */
};

double sim_error(int k);

/* How many of n comparisons end in "better", each difference having `gain` added. side
 * -1: how many end in "worse". The same seed draws the same. */
int sim_promotions(const struct sim_shape *shape, enum sim_gate gate, double gain, int k,
                   int side, int n, uint64_t seed);

/* Null or worse on average: each promotion is false. NULL-named at the end. */
extern const struct sim_shape sim_nulls[];
/* Normal with std 1, range 5, 8, 10, 20; mean 0. */
extern const struct sim_shape sim_normals[];

/* Markdown, for docs/gate.md: n comparisons a cell. */
void sim_print_tables(int n);

#endif
