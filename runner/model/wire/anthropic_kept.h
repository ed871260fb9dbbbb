/* anthropic_kept.h - the blocks of a reply that has thought, which go back as they were. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_ANTHROPIC_KEPT_H
#define RATCHET_RUNNER_MODEL_WIRE_ANTHROPIC_KEPT_H

#include "runner/model/wire/draft.h"

/* A block as it begins in a stream, or whole; what is added to it by a `delta`. */
void anthropic_kept_begin(struct draft *reply, const json_t *block, long index);
void anthropic_kept_add(struct draft *reply, const json_t *delta, long index);

/* All was said: reply->items becomes what message.extra holds, {"anthropic": [blocks]},
 * or NULL where text and calls say all that the blocks do. */
void anthropic_kept_settle(struct draft *reply);

/* The blocks of a message that goes back, appended to `list`. False when there are none,
 * or none that fit its calls; then nothing is appended. */
bool anthropic_kept_put(json_t *list, const struct message *m);

#endif
