/* measure.h - how large a program is, by its tokens: comments and layout count for
 * nothing. */
#ifndef RATCHET_RUNNER_POLICY_MEASURE_H
#define RATCHET_RUNNER_POLICY_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

struct measure {
    int tokens, branches, loops, functions, depth; /* depth: of nested blocks, at most */
};

/* Counts what stands in a Lua source. Text that is not Lua is counted as far as it
 * goes. */
struct measure measure_source(const char *source);

/* The SHA-256 of the tokens: the same for programs that differ in comments and layout
 * only. */
void measure_hash(const char *source, char out[65]);

/* May the program draw chance? False only where it plainly cannot: `math` stands there for
 * nothing but other functions by their names, and the globals are not reached by
 * another way. */
bool measure_may_draw(const char *source);

#endif
