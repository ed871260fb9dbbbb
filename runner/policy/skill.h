/* skill.h - pieces of policy that can be lifted out: top-level functions of a Lua source
 * with the local variables that they need.
 *
 * A policy has no `require`: a skill is pasted. Its test is a policy with a line in the
 * place of the piece, `-- skill`, where the piece is put in. */
#ifndef RATCHET_RUNNER_POLICY_SKILL_H
#define RATCHET_RUNNER_POLICY_SKILL_H

#include <stdbool.h>

#define SKILL_MOST_BYTES 8000
#define SKILL_LEAST_TOKENS 25

/* Owned; skill_pieces_clear. */
struct skill_piece {
    char *function;         /* its name in the policy */
    char *source;           /* local declarations that it needs, and the function */
    char *rest;             /* the policy without them, with the line in their place */
    char *hollow;           /* the piece with a function that does nothing */
    char tokens_sha256[65]; /* of the function alone, whatever its name is */
    int tokens;             /* of the function */
};
struct skill_pieces {
    struct skill_piece *list;
    int n;
};

/* The top-level functions of at least SKILL_LEAST_TOKENS that have a name of their own,
 * `act` and `reset` left out. Text that is not Lua gives what looks like some: whoever
 * uses a piece has it run. */
void skill_find(const char *policy, struct skill_pieces *out);
void skill_pieces_clear(struct skill_pieces *p);

/* The policy that a test is made of: `rest` with the piece in the place of the line. NULL
 * when it does not have the line exactly once. The caller frees it. */
char *skill_compose(const char *rest, const char *piece);

/* Is it a name for a file and a skill: a-z, digits, "_", at most 40? */
bool skill_is_name(const char *name);

#endif
