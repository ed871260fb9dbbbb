/* report_parts.h - what the parts of the report share; for runner/report/
 * alone. */
#ifndef RATCHET_RUNNER_REPORT_REPORT_PARTS_H
#define RATCHET_RUNNER_REPORT_REPORT_PARTS_H

#include <stdio.h>

#include "runner/report/report.h"

enum report_kind { REPORT_TEXT, REPORT_NUMBER, REPORT_COUNT, REPORT_USD, REPORT_HASH };

struct report_column {
    const char *key, *title; /* key NULL ends a table's columns */
    enum report_kind kind;
};

/* A table that a page and Markdown show alike: rows are an array of objects. */
struct report_table {
    const char *key, *title;
    const char *about; /* one line, or NULL */
    const struct report_column *columns;
};
extern const struct report_table report_run_tables[]; /* of a run; key NULL at the end */
extern const struct report_table report_all_tables[]; /* of the whole report */
extern const struct report_column report_facts[]; /* of a run, as a few large numbers */

/* A value for people: 12,300,000 as 12.3 M, null as "". out is always terminated. */
void report_value(const json_t *v, enum report_kind kind, char *out, size_t size);

/* Cleaned of controls, bidirectional ones made visible, and escaped for HTML text and
 * quoted attributes. */
void report_escape(FILE *f, const char *text);

/* Learning curves of runs, as data URLs of SVG: one against each of steps, tokens, money
 * and time that is known. Objects of "about" and "plot", or of "about" alone when gnuplot
 * fails. */
json_t *report_curves(const json_t *runs);

/* Failures of the start and of the incumbent, with pictures if asked for, into the run's
 * JSON. Where there are none to be had (an environment that is not here, a damaged tape),
 * "failures_missing" says why. */
void report_add_failures(json_t *json, struct ledger *l, const struct env_registry *envs,
                         const struct ledger_run *run, const char *best_sha256,
                         const struct report_options *o);

#endif
