/* run_view.h - one episode of a policy that a person watches while it is played. */
#ifndef RATCHET_RUNNER_VIEW_RUN_VIEW_H
#define RATCHET_RUNNER_VIEW_RUN_VIEW_H

#include "runner/evaluate/evaluate.h"

/* Like evaluate() of one request, while a window shows the episode at the environment's
 * speed; returns when the window is closed and the episode is over. Closing the window
 * does not cut the episode: what it shows and what comes out are the same. */
int run_view(const struct evaluation *e, const struct episode_request *request,
             struct episode_result *result, struct policy_facts *facts,
             const struct env_registry *envs, struct error *err);

#endif
