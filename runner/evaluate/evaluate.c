/* evaluate.c - where an evaluation is played: here, or on a cluster. */
#include "runner/evaluate/evaluate.h"

#include "runner/evaluate/cluster/cluster.h"
#include "runner/evaluate/pool.h"
#include "runner/evaluate/worst.h"

/* A policy that does not load, and a single episode, are not worth a job array. */
static bool is_for_cluster(const struct evaluation *e, int n, struct policy_facts *facts)
{
    struct error ignored;

    return setup_is_cluster(&e->setup) && n > 1 &&
           pool_play(e, NULL, 0, NULL, facts, worst_measure, &ignored) == 0 &&
           !facts->fault;
}

int evaluate(const struct evaluation *e, const struct episode_request *requests, int n,
             struct episode_result *results, struct policy_facts *facts,
             struct error *err)
{
    struct policy_facts known;

    if (!is_for_cluster(e, n, &known))
        return pool_play(e, requests, n, results, facts, worst_measure, err);
    if (facts)
        *facts = known;
    return cluster_evaluate(e, requests, n, results, err);
}

int evaluate_check(const struct evaluation *e, struct policy_facts *facts,
                   struct error *err)
{
    struct evaluation mine = *e;

    mine.wants_globals = true;
    return evaluate(&mine, NULL, 0, NULL, facts, err);
}
