/* tools.h - the tools that a model may call while it works on a candidate: one table. */
#ifndef RATCHET_RUNNER_LEARN_TOOLS_H
#define RATCHET_RUNNER_LEARN_TOOLS_H

#include "runner/evaluate/memo.h"
#include "runner/learn/provider.h"

/* What a tool works on. Borrowed. */
struct tool_context {
    struct memo *memo;
    const struct salt *salt;
    const struct policy *incumbent; /* the policy that the model works on */
    int64_t iteration;
};

/* The descriptions, n of them; schemas are made once and live as long as the program. */
const struct tool_description *tools_describe(int *n);

/* Runs one call. *text (owned by the caller) is the answer for the model, also when the call
 * was wrong (*is_error). The status tells of the loop: interrupted, out of steps. */
enum memo_status tools_call(const struct tool_context *c, const struct tool_call *call,
                            char **text, bool *is_error, struct error *err);

#endif
