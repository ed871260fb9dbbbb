/* test_report.h - results of regression cases as TAP, JUnit XML, a table and JSON. */
#ifndef RATCHET_RUNNER_REPORT_TEST_REPORT_H
#define RATCHET_RUNNER_REPORT_TEST_REPORT_H

#include <jansson.h>

#include "runner/judge/cases.h"

/* Rows: objects of case, state ("passed", "failed", "stale"), must, signature, why (""
 * unless it failed or is stale), folder, policy, replay (where it was kept, or null).
 * What every form shows is in them. */
struct test_report {
    json_t *rows; /* an array, or NULL: there are none */
    int failed, stale;
};

/* Adds a row; borrowed. */
json_t *test_report_add(struct test_report *r, const char *folder, const char *policy,
                        const struct regression_case *c,
                        const struct case_outcome *outcome);
void test_report_clear(struct test_report *r);

void test_report_tap(const struct test_report *r);   /* on stdout, with the plan */
void test_report_table(const struct test_report *r); /* on stdout */
json_t *test_report_json(const struct test_report *r);
int test_report_junit(const struct test_report *r, const char *path, struct error *err);

#endif
