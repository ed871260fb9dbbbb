/* cmd_test.c - `ratchet test`: runs regression cases and prints TAP. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/cmd/cmd.h"
#include "runner/learn/cases.h"

struct test {
    struct common common;
    char *policy, *cases;
    int n, failed, skipped; /* cases so far */
};

static int print_case(struct test *t, const struct regression_case *c, bool passed,
                      const struct episode_result *r)
{
    t->n++;
    if (case_is_stale(c)) {
        t->skipped++;
        printf("ok %d - %s # SKIP stale: cut under version %u of %s, this is %u\n", t->n,
               c->name, c->env_version, c->task->env->name, c->task->env->version);
        return 0;
    }
    t->failed += !passed;
    printf("%s %d - %s: no %s within %lld steps of step %lld\n", passed ? "ok" : "not ok", t->n,
           c->name, c->event, (long long)c->horizon, (long long)c->prefix.n_steps);
    if (!passed)
        printf("# %s%s%s\n", c->signature, r->fault_text ? ": " : "",
               r->fault_text ? r->fault_text : "");
    return 0;
}

/* All cases of a folder on one policy; episodes go into a ledger in memory. */
static int test_folder(struct test *t, struct app *app, const char *folder,
                       const char *policy_path, struct error *err)
{
    struct case_list cases;
    struct ledger *ledger = NULL;
    struct episode_result *results = NULL;
    struct policy policy = { .name = base_name(policy_path) };
    struct memo memo = { .run = 1, .steps_left = INT64_MAX };
    bool *passed = NULL;
    int status = -1;

    if (case_list_load(&cases, &app->envs, folder, err) != 0)
        return -1;
    policy.source = read_text_file(policy_path, VM_MAX_SOURCE, err);
    ledger = policy.source ? ledger_open(":memory:", err) : NULL;
    if (!ledger)
        goto out;
    passed = xcalloc((size_t)cases.n + 1, sizeof(*passed));
    results = xcalloc((size_t)cases.n + 1, sizeof(*results));
    if (cases.n) {
        memo.ledger = ledger;
        memo.base = common_evaluation(app, &t->common, cases.list[0].task, &policy);
        if (cases_run(&memo, &policy, &cases, passed, results, err) != MEMO_DONE)
            goto out;
    }
    printf("# %s on %s\n", folder, policy_path);
    for (int i = 0; i < cases.n; i++)
        print_case(t, &cases.list[i], passed[i], &results[i]);
    status = 0;
out:
    results_clear(results, cases.n);
    free(results);
    free(passed);
    ledger_close(ledger);
    free((char *)policy.source);
    case_list_clear(&cases);
    return status;
}

/* policies/NAME: its cases on its learned policy. 0 also when it has neither. */
static int test_task(struct test *t, struct app *app, const char *name, struct error *err)
{
    char *relative = xasprintf("%s/cases", name), *folder = find_shipped(relative), *policy;
    int status = 0;

    free(relative);
    relative = xasprintf("%s/learned.lua", name);
    policy = t->policy ? xstrdup(t->policy) : find_shipped(relative);
    free(relative);
    if (t->cases) {
        free(folder);
        folder = xstrdup(t->cases);
    }
    if (folder && policy)
        status = test_folder(t, app, folder, policy, err);
    else if (folder)
        status = error_set(err, "%s: has cases but no policy: name one with --policy", name);
    free(folder);
    free(policy);
    return status;
}

static int test_all(struct test *t, struct app *app, struct error *err)
{
    char *root = find_shipped(".");
    struct dirent **entries = NULL;
    int n = root ? scandir(root, &entries, NULL, alphasort) : 0, status = 0;

    for (int i = 0; i < n; i++) {
        if (status == 0 && entries[i]->d_name[0] != '.')
            status = test_task(t, app, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    free(root);
    return status;
}

static int main_test(const struct command *self, struct app *app, int argc, const char **argv)
{
    struct test t = { 0 };
    struct error err = { "" };
    int status;
    struct poptOption options[] = {
        { "policy", 'p', POPT_ARG_STRING, &t.policy, 0,
          "test this policy (default: policies/TASK/learned.lua)", "FILE.lua" },
        { "cases", '\0', POPT_ARG_STRING, &t.cases, 0,
          "cases of this folder (default: policies/TASK/cases)", "DIR" },
        JOBS_TABLE(t.common),
        COMMON_TABLE(t.common),
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 1, &status);

    if (!args)
        return status;
    if (!args[0] && (t.policy || t.cases)) {
        error_set(&err, "test: --policy and --cases need a TASK");
        status = cmd_fail(EXIT_USAGE, &err);
    } else if (common_plugins(app, &t.common, &err) != 0 ||
               (args[0] ? test_task(&t, app, args[0], &err) : test_all(&t, app, &err)) != 0) {
        status = cmd_fail(EXIT_FAILED, &err);
    } else {
        printf("1..%d\n", t.n);
        if (t.n)
            printf("# %d passed, %d failed, %d stale\n", t.n - t.failed - t.skipped, t.failed,
                   t.skipped);
        status = cmd_done() == EXIT_DONE && !t.failed ? EXIT_DONE : EXIT_FAILED;
    }
    free(t.policy);
    free(t.cases);
    common_clear(&t.common);
    cmd_free_args(args);
    return status;
}

const struct command cmd_test = {
    "test", "[TASK]", "run regression cases and print TAP",
    "A case replays a recorded prefix, which the policy shadows, lets the policy take over, and\n"
    "sees to it that what was once mastered does not fail again. Exit status 1 when one fails.",
    "ratchet test\nratchet test breakout\n"
    "ratchet test breakout --policy my.lua --cases logs/breakout-1/cases",
    main_test,
};
