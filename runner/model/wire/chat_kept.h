/* chat_kept.h - what a thinking model behind Chat Completions wants back as it was. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_CHAT_KEPT_H
#define RATCHET_RUNNER_MODEL_WIRE_CHAT_KEPT_H

#include "runner/model/wire/draft.h"

/* From a message, or from the fragment of one. */
void chat_kept_take(struct draft *reply, const json_t *message, bool is_fragment);

/* All was said: reply->items becomes what message.extra holds, {"openai": {...}}. */
void chat_kept_settle(struct draft *reply);

/* Into a message of an assistant that goes back, and into its `tool_calls`. Without an
 * `extra` nothing is. */
void chat_kept_put(json_t *message, const json_t *extra);

/* What a server that checks whether it is there demands of turns that had none: an empty
 * `reasoning_content` (DeepSeek), or a signature that stands for one (Gemini). */
void chat_kept_put_empty(json_t *message);
void chat_kept_put_signature(json_t *message);

#endif
