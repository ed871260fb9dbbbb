/* cli_usage.h - what a coding agent's program says that it used: tokens and money, out of
 * what it prints. */
#ifndef RATCHET_RUNNER_AGENT_CLI_USAGE_H
#define RATCHET_RUNNER_AGENT_CLI_USAGE_H

#include "base/buffer.h"
#include "runner/brief/provider.h"

/* Zero before the first byte; cli_usage_clear. */
struct cli_usage {
    struct buffer text; /* of the line or the object that has begun */
    size_t begin;       /* of the line in it */
    bool is_object;     /* one over several lines: from "{" to "}" on lines of their own */
    bool skips;         /* the line is too long to be one of theirs */
    bool is_known;
    struct usage sum; /* valid when is_known; usd NAN where a report had none */
};

/* Takes the next bytes of its output. What is no report is passed over: output is hostile,
 * and a report whose numbers cannot be true is none. */
void cli_usage_take(struct cli_usage *u, const char *bytes, size_t n);
/* The last line may have had no end. */
void cli_usage_end(struct cli_usage *u);
void cli_usage_clear(struct cli_usage *u);

#endif
