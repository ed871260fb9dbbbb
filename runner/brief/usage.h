/* usage.h - tokens that nobody counted, estimated from what was said. */
#ifndef RATCHET_RUNNER_BRIEF_USAGE_H
#define RATCHET_RUNNER_BRIEF_USAGE_H

#include "runner/brief/provider.h"

/* Bytes of a request that are text. */
int64_t usage_text_in(const struct request *request, int64_t *n_images);
int64_t usage_tokens_in(int64_t bytes, int64_t n_images);
int64_t usage_tokens_out(int64_t bytes);

/* Fills in the counts that are unknown (an agent's, a person's, an MCP client's), and marks
 * them as estimated: a budget of tokens holds for every model. */
void usage_estimate(struct usage *u, const struct request *request,
                    const struct message *reply);

#endif
