/* plain.h - a conversation without tool calls, for servers that have none. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_PLAIN_H
#define RATCHET_RUNNER_MODEL_WIRE_PLAIN_H

#include "runner/brief/provider.h"

struct plain {
    struct request request; /* calls and results are text, and there are no tools */
    struct message *messages;
};

/* Borrows from the request until plain_clear. */
void plain_init(struct plain *p, const struct request *request);
void plain_clear(struct plain *p);

#endif
