/* report.h - what runs came to, for people: gathered once as JSON, then shown as one page
 * that opens anywhere, as Markdown, or as it is. */
#ifndef RATCHET_RUNNER_REPORT_REPORT_H
#define RATCHET_RUNNER_REPORT_REPORT_H

#include <jansson.h>

#include "envs/table.h"
#include "runner/record/ledger/ledger.h"

#define REPORT_FAILURES 3 /* shown of a policy, where nothing else was asked for */

struct report_options {
    int n_failures;    /* of the start and of the incumbent, at most; -1: nothing is
                          played again */
    bool has_pictures; /* film strips and sheets of frames: the page alone shows them */
};

/* A run as JSON (docs/formats.md has its keys); a new reference. Nothing is played by a
 * worker: failures come from the ledger's tapes. NULL when the ledger cannot be read. */
json_t *report_run(struct ledger *l, const struct env_registry *envs,
                   const struct ledger_run *run, const struct report_options *o,
                   struct error *err);

/* Runs (a JSON array of the above, taken) together: comparisons by run and by model.
 * night is the summary of a night (taken), which then comes first, or NULL. */
json_t *report_of_runs(json_t *runs, json_t *night);

/* The run's learning curve against steps, as a picture: plot_save. */
int report_plot(const json_t *run, const char *path, struct error *err);

/* The whole report as text, which the caller frees: as a page without a link to anything
 * outside, or as Markdown. Whatever policies and models said stands in it as text. */
extern const struct report_form report_html, report_markdown;
char *report_write(const struct report_form *form, const json_t *report);

#endif
