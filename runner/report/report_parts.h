/* report_parts.h - what the parts of the report share; for runner/report/
 * alone. */
#ifndef RATCHET_RUNNER_REPORT_REPORT_PARTS_H
#define RATCHET_RUNNER_REPORT_REPORT_PARTS_H

#include <stdio.h>

#include "base/table.h"
#include "runner/report/report.h"

/* A table that a page and Markdown show alike: rows are an array of objects. */
struct report_table {
    const char *key, *title;
    const char *about; /* one line, or NULL */
    const struct table_column *columns;
};
extern const struct report_table report_run_tables[]; /* of a run; key NULL at the end */
extern const struct report_table report_all_tables[]; /* of the whole report */
extern const struct table_column report_facts[]; /* of a run, as a few large numbers */

enum report_tone { REPORT_PLAIN, REPORT_SOFT, REPORT_ABOUT };

/* One of a run's few large numbers; interval "": none is known. */
struct report_fact {
    const char *title;
    char text[72], interval[72];
    bool is_main;
};

/* How a form of the report writes what report_write tells it to. Text is plain, and
 * somebody else's: the form cleans and escapes it. */
struct report_form {
    void (*begin)(FILE *f, const char *title);
    void (*end)(FILE *f);
    void (*lines)(FILE *f, const json_t *lines);
    /* number > 0: the heading of that run */
    void (*heading)(FILE *f, int level, size_t number, const char *text);
    void (*paragraph)(FILE *f, enum report_tone tone, const char *text);
    void (*facts)(FILE *f, const struct report_fact *facts, int n);
    void (*table)(FILE *f, const struct table_column *columns, const json_t *rows);
    void (*diff)(FILE *f, const char *text);
    void (*failure)(FILE *f, const json_t *failure, const char *about);
    /* NULL where a form has none */
    void (*links)(FILE *f, const json_t *runs);
    void (*replay)(FILE *f, const json_t *clip);
    void (*plots)(FILE *f, const json_t *plots);
};

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
