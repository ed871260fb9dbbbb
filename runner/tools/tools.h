/* tools.h - the tools that a model may call while it works on a candidate: one table. */
#ifndef RATCHET_RUNNER_TOOLS_TOOLS_H
#define RATCHET_RUNNER_TOOLS_TOOLS_H

#include "runner/brief/provider.h"
#include "runner/evaluate/memo.h"
#include "runner/judge/cases.h"

#define WORKBENCH_PROPOSALS 4

/* What the calls of one iteration have made; the loop's, so that the judge sees it
 * too. */
struct workbench {
    char *draft;  /* the working draft; NULL: the policy as it is */
    char *change; /* of submit, which ends the turn; NULL: not yet */
    struct failure proposals[WORKBENCH_PROPOSALS]; /* to become cases: see case_propose */
    int n_proposals;
    double seconds; /* that calls took which made steps, */
    int64_t steps;  /* and those steps: what is estimated goes by them */
};
void workbench_clear(struct workbench *b);

/* What a tool works on. Borrowed. */
struct tool_context {
    struct memo *memo;
    const struct salt *salt;
    const struct policy *incumbent; /* the policy that the model works on */
    int64_t iteration;
    const struct episode_result
        *results;  /* of that policy on the dev seeds, with their */
    int n_results; /* tapes; may be none */
    const struct case_list *cases;
    struct workbench *bench;
    int turns_left;
    int rules; /* of what counts as a failure: failures.h */
};

/* The descriptions, n of them; schemas are made once and live as long as the program. */
const struct tool_description *tools_describe(int *n);
/* What a person is shown of a tool, and whether it changes nothing but the count of steps.
 * Borrowed; every tool has one. */
struct tool_nature {
    const char *name, *title;
    bool only_reads;
};
const struct tool_nature *tools_nature(const char *name);
/* Of what a tool answers when it did not fail. Borrowed; NULL: no such tool. */
json_t *tools_output_schema(const char *name);

/* Owned: tool_answer_clear. The text is a JSON object unless the call failed. */
struct tool_answer {
    char *text;
    bool is_error;
    struct image *images;
    int n_images;
};
void tool_answer_clear(struct tool_answer *a);

/* Runs one call; the answer is for the model, also when the call was wrong. The status
 * tells of the loop: interrupted, out of steps. */
enum memo_status tools_call(const struct tool_context *c, const struct tool_call *call,
                            struct tool_answer *out, struct error *err);

#endif
