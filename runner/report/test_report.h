/* test_report.h - results of regression cases as TAP, JUnit XML, a table and JSON. */
#ifndef RATCHET_RUNNER_REPORT_TEST_REPORT_H
#define RATCHET_RUNNER_REPORT_TEST_REPORT_H

#include <jansson.h>

#include "runner/judge/cases.h"

enum test_state { TEST_PASSED, TEST_FAILED, TEST_STALE };

/* One case's result. Text is owned. */
struct test_row {
    enum test_state state;
    char *folder, *policy, *name, *must, *signature, *why; /* why: "" unless it failed */
    char *replay; /* where it was kept, or NULL */
};

struct test_report {
    struct test_row *rows;
    int n, failed, stale;
};

/* Adds a row; borrowed, valid until the next. */
struct test_row *test_report_add(struct test_report *r, const char *folder,
                                 const char *policy, const struct regression_case *c,
                                 const struct case_outcome *outcome);
void test_report_clear(struct test_report *r);

void test_report_tap(const struct test_report *r);   /* on stdout, with the plan */
void test_report_table(const struct test_report *r); /* on stdout */
json_t *test_report_json(const struct test_report *r);
int test_report_junit(const struct test_report *r, const char *path, struct error *err);

#endif
