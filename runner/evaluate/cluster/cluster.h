/* cluster.h - evaluations spread over the job array of a cluster, and confirmed here. */
#ifndef RATCHET_RUNNER_EVALUATE_CLUSTER_CLUSTER_H
#define RATCHET_RUNNER_EVALUATE_CLUSTER_CLUSTER_H

#include "runner/evaluate/evaluate.h"

/* As evaluate(), which calls it. Nodes send actions, not scores: each episode is played
 * again here, and comes to what it would have come to here. Shards that are lost (their
 * node died, they were pre-empted or cancelled) or late are run again; what comes twice
 * counts once. An episode that ends with a fault, by a node's word, is played here before
 * it counts. A line of what it cost goes to FOLDER/cluster.jsonl. */
int cluster_evaluate(const struct evaluation *e, const struct episode_request *requests,
                     int n, struct episode_result *results, struct error *err);

#endif
