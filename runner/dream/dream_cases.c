/* dream_cases.c - the cases that a dream may not break, and those that prove a skill. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/scoped.h"
#include "runner/dream/dream_plan.h"
#include "runner/dream/skill_lib.h"
#include "runner/judge/cases.h"
#include "sandbox/param.h"

/* Episodes go into a ledger in memory: they are no part of any run. */
static int run_list(const struct dream_config *c, const struct case_list *cases,
                    const struct policy *policy, struct case_outcome *outcomes,
                    struct error *err)
{
    struct memo memo = { .run = 1,
                         .steps_left = INT64_MAX,
                         .base = { .task = cases->list[0].task,
                                   .policy = *policy,
                                   .setup = *c->setup } };
    enum memo_status status = MEMO_FAILED;

    memo.ledger = ledger_open(":memory:", err);
    if (memo.ledger)
        status = cases_run(&memo, policy, cases, outcomes, err);
    ledger_close(memo.ledger);
    return status == MEMO_DONE          ? 0
           : status == MEMO_INTERRUPTED ? error_set(err, "interrupted")
                                        : -1;
}

int dream_cases_run(const struct dream_config *c, const char *folder, const char *name,
                    const char *source, int *n, char **broken, json_t *failed,
                    struct error *err)
{
    struct policy policy = { .name = name, .source = source };
    scoped struct case_outcome *outcomes = NULL;
    struct case_list cases;
    int status = case_list_load(&cases, c->setup->envs, folder, err);

    if (status != 0)
        return -1;
    outcomes = xcalloc((size_t)cases.n + 1, sizeof(*outcomes));
    if (cases.n)
        status = run_list(c, &cases, &policy, outcomes, err);
    for (int i = 0; i < cases.n && status == 0; i++) {
        if (case_is_stale(&cases.list[i]))
            continue;
        ++*n;
        if (outcomes[i].passed)
            continue;
        if (failed)
            json_array_append_new(failed, json_string(cases.list[i].name));
        else if (!*broken)
            *broken = xasprintf("%s/%s on %s", folder, cases.list[i].name, name);
    }
    case_outcomes_clear(outcomes, cases.n);
    case_list_clear(&cases);
    return status;
}

static int run_skills(const struct dream_config *c, const char *folder, int *n,
                      char **broken, struct error *err)
{
    json_auto_t *names = skill_lib_list(folder);
    json_t *name;
    int status = 0;
    size_t i;

    json_array_foreach(names, i, name) {
        const char *text = json_string_value(name);
        char *cases = skill_lib_cases(folder, text);
        char *policy = skill_lib_policy(folder, text, err);
        status = policy ? dream_cases_run(c, cases, text, policy, n, broken, NULL, err)
                        : -1;
        free(policy);
        free(cases);
        if (status != 0)
            break;
    }
    return status;
}

/* Cases of a folder on a policy's file; where one is missing there is nothing to run. */
static int run_pair(const struct dream_config *c, char *cases, char *path, int *n,
                    char **broken, struct error *err)
{
    int status = 0;

    if (access(cases, R_OK) == 0 && access(path, R_OK) == 0) {
        size_t len;
        scoped char *source = (char *)file_load(path, VM_MAX_SOURCE, &len, err);
        status = source ? dream_cases_run(c, cases, path, source, n, broken, NULL, err)
                        : -1;
    }
    free(cases);
    free(path);
    return status;
}

static int run_plan(const struct dream_config *c, const json_t *plan, int *n,
                    char **broken, struct error *err)
{
    const char *task = dream_text(plan, "task");
    const json_t *folders = json_object_get(plan, "folders");
    int status = 0;

    if (c->policies && !strstr(task, ".."))
        status = run_pair(c, xasprintf("%s/%s/cases", c->policies, task),
                          xasprintf("%s/%s/learned.lua", c->policies, task), n, broken,
                          err);
    for (size_t i = 0; i < json_array_size(folders) && status == 0; i++) {
        const char *folder = json_string_value(json_array_get(folders, i));
        status = run_pair(c, xasprintf("%s/cases", folder),
                          xasprintf("%s/best.lua", folder), n, broken, err);
    }
    return status;
}

int dream_cases_all(const struct dream_config *c, const json_t *plans,
                    const char *staging, int *n, char **broken, struct error *err)
{
    int status = run_skills(c, staging, n, broken, err);

    if (status == 0)
        status = run_skills(c, c->lib, n, broken, err);
    for (size_t i = 0; i < json_array_size(plans) && status == 0; i++)
        status = run_plan(c, json_array_get(plans, i), n, broken, err);
    return status;
}
