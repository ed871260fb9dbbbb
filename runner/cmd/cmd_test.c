/* cmd_test.c - `ratchet test`: runs regression cases and prints TAP. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/dream/skill_lib.h"
#include "runner/home/opened_run.h"
#include "runner/home/run_folder.h"
#include "runner/record/ledger/ledger_rows.h"
#include "runner/report/test_report.h"

struct test {
    struct setup *setup;
    char *policy, *cases, *junit, *replays, *retire, *reason;
    int table;
    struct test_report report;
};

/* The replay of a failing case's recorded course; a continuation's chance has no
 * replay. */
static int keep_replay(const struct test *t, const struct evaluation *e,
                       const struct regression_case *c, const struct case_outcome *o,
                       json_t *row, struct error *err)
{
    struct evaluation mine = *e;
    struct replay *replay;
    scoped char *path = NULL;
    int status = -1;

    if (!t->replays || strcmp(json_get_text(row, "state"), "failed") || o->worst != 0)
        return 0;
    mine.task = c->task;
    if (file_make_folder(t->replays, err) != 0)
        return -1;
    replay = replay_of_result(&mine, &o->result, err);
    path = xasprintf("%s/%s-%s.replay", t->replays, c->task->env->name, c->name);
    if (replay)
        status = replay_save(replay, path, err);
    json_object_set_new(row, "replay", json_path(path));
    replay_destroy(replay);
    return status;
}

/* All cases of a folder on one policy, whose source it frees (NULL: err says why);
 * episodes go into a ledger in memory. */
static int test_folder(struct test *t, const char *folder, const char *policy_path,
                       char *source, struct error *err)
{
    struct case_list cases;
    struct ledger *ledger = NULL;
    scoped struct case_outcome *outcomes = NULL;
    struct policy policy = { .name = file_name(policy_path), .source = source };
    struct memo memo = { .run = 1, .steps_left = INT64_MAX };
    int status = -1;

    if (!source || case_list_load(&cases, t->setup->envs, folder, err) != 0) {
        free(source);
        return -1;
    }
    ledger = ledger_open(":memory:", err);
    if (!ledger)
        goto out;
    outcomes = xcalloc((size_t)cases.n + 1, sizeof(*outcomes));
    if (cases.n) {
        memo.ledger = ledger;
        memo.base = (struct evaluation){ .task = cases.list[0].task,
                                         .policy = policy,
                                         .setup = *t->setup };
        if (cases_run(&memo, &policy, &cases, outcomes, err) != MEMO_DONE)
            goto out;
    }
    status = 0;
    for (int i = 0; i < cases.n && status == 0; i++) {
        json_t *row = test_report_add(&t->report, folder, policy_path, &cases.list[i],
                                      &outcomes[i]);
        status = keep_replay(t, &memo.base, &cases.list[i], &outcomes[i], row, err);
    }
out:
    if (outcomes)
        case_outcomes_clear(outcomes, cases.n);
    ledger_close(ledger);
    free(source);
    case_list_clear(&cases);
    return status;
}

/* The run that a folder of cases belongs to, locked until the process ends; 0: none. */
static int64_t test_find_run(struct opened_run *o, const char *folder, int64_t *iteration,
                             struct error *err)
{
    char *path = xstrdup(folder), *slash;
    int found, fd = -1;

    while ((slash = strrchr(path, '/')) && !slash[1])
        *slash = '\0';
    if (slash)
        *slash = '\0';
    found = run_folder_find(o->ledger, path, &o->run, err);
    free(path);
    if (found != 1)
        return found;
    path = xasprintf("%s/lock", o->run.folder);
    fd = open(path, O_RDWR | O_CLOEXEC);
    free(path);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return error_set(err, "%s: a process works on this run; end it first",
                         o->run.folder);
    }
    o->lock = fd;
    *iteration = ledger_last_iteration(o->ledger, o->run.id, err);
    if (*iteration < 0)
        return -1;
    return o->run.id;
}

/* A case goes only with a reason, which ledger and file keep. */
static int test_retire(const struct test *t, const char *folder, struct error *err)
{
    struct opened_run o = { .lock = -1 };
    scoped char *path = xasprintf("%s/%s.json", folder, t->retire), *logs = logs_path("");
    int64_t run = -1, iteration = 0;
    int status = -1;

    o.ledger_path = logs_path("ledger.sqlite");
    if (strchr(t->retire, '/') || access(path, F_OK) != 0)
        error_set(err, "%s: there is no such case", path);
    else if (file_make_folders(logs, err) == 0)
        o.ledger = ledger_open(o.ledger_path, err);
    if (o.ledger)
        run = test_find_run(&o, folder, &iteration, err);
    if (run >= 0 && ledger_case_add(o.ledger, run, iteration, t->retire, path, CASE_retired,
                                    t->reason, err) == 0)
        status = case_retire(folder, t->retire, t->reason, err);
    if (status == 0)
        say("%s is retired: %s\n", t->retire, t->reason);
    opened_run_clear(&o);
    return status;
}

/* Skills: the cases of each on a policy that the piece is put into. */
static int test_lib(struct test *t, struct error *err)
{
    scoped char *folder = find_shipped("lib");
    json_auto_t *names = skill_lib_list(folder ? folder : "");
    int status = t->policy || t->cases || t->retire
                     ? error_set(err,
                                 "lib: its skills have policies and cases of their own")
                     : 0;

    for (size_t i = 0; i < json_array_size(names) && status == 0; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        scoped char *cases = skill_lib_cases(folder, name);
        scoped char *path = xasprintf("%s/%s.lua", folder, name);
        status = test_folder(t, cases, path, skill_lib_policy(folder, name, err), err);
    }
    return status;
}

/* policies/NAME: its cases on its learned policy. 0 also when it has neither. */
static int test_task(struct test *t, const char *name, struct error *err)
{
    scoped char *folder = NULL, *policy = NULL;
    int status = 0;

    if (!strcmp(name, "lib"))
        return test_lib(t, err);
    folder = t->cases ? xstrdup(t->cases) : find_shipped("%s/cases", name);
    policy = t->policy ? xstrdup(t->policy) : find_shipped("%s/learned.lua", name);
    if (t->retire)
        status = folder ? test_retire(t, folder, err)
                        : error_set(err, "%s: it has no cases", name);
    else if (folder && policy)
        status = test_folder(t, folder, policy,
                             file_load_text(policy, VM_MAX_SOURCE, err), err);
    else if (folder)
        status = error_set(err, "%s: has cases but no policy: name one with --policy",
                           name);
    return status;
}

static int test_all(struct test *t, struct error *err)
{
    scoped char *root = find_shipped(".");
    struct dirent **entries = NULL;
    int n = root ? scandir(root, &entries, NULL, alphasort) : 0, status = 0;

    for (int i = 0; i < n; i++) {
        if (status == 0 && entries[i]->d_name[0] != '.')
            status = test_task(t, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* A task is an environment, a file, or a folder of policies. */
static int check_names(const struct test *t, const char *task, struct error *err)
{
    char *folder = find_shipped("%s", task);
    bool is_known = !strcmp(task, "lib") || (folder && is_folder(folder));
    struct task *own = is_known ? NULL : task_load(t->setup->envs, task, err);

    is_known |= own != NULL;
    task_destroy(own);
    free(folder);
    if (!is_known)
        return -1;
    if (t->cases && !is_folder(t->cases))
        return error_set(err, "%s: there is no such folder of cases", t->cases);
    return 0;
}

/* What the user asked for that does not go together; NULL when it does. */
static const char *test_find_misuse(const struct test *t, const char *task)
{
    if (!task && (t->policy || t->cases || t->retire))
        return "test: --policy, --cases and --retire need a TASK";
    if (t->retire && (!t->reason || !t->reason[0]))
        return "test: a case is retired only with a --reason";
    if (t->reason && !t->retire)
        return "test: --reason goes with --retire";
    return NULL;
}

/* What tested nothing has not passed: why, and what to do. */
static int check_tested(const struct test *t, const char *task, struct error *err)
{
    int n = (int)json_array_size(t->report.rows);

    if (n > t->report.stale)
        return 0;
    if (n)
        return error_set(err,
                         "all %d cases are stale: nothing was tested; `ratchet improve` "
                         "proves new ones",
                         n);
    if (t->cases)
        return error_set(err, "%s: it holds no cases: nothing was tested", t->cases);
    if (task && !strcmp(task, "lib"))
        return error_set(err,
                         "lib: there are no skills yet, nothing was tested; `ratchet "
                         "dream` makes them");
    return error_set(err,
                     "%s: there are no cases: nothing was tested; `ratchet improve` cuts "
                     "them, and --policy and --cases take those of a run "
                     "(logs/TASK-N/cases)",
                     task ? task : "policies");
}

static int test_report_case(const struct test *t, const char *task, struct error *err)
{
    if (t->junit && test_report_junit(&t->report, t->junit, err) != 0)
        return EXIT_FAILED;
    if (t->setup->json)
        say_result(test_report_json(&t->report));
    else if (t->table)
        test_report_table(&t->report);
    else
        test_report_tap(&t->report);
    if (check_tested(t, task, err) != 0)
        return EXIT_FAILED;
    return cmd_done() == EXIT_DONE && !t->report.failed ? EXIT_DONE : EXIT_FAILED;
}

/* clang-format off */
static const struct option options[] = {
    { "policy", 'p', TEXT_IN(test, policy), "FILE.lua",
      "test this policy (default: policies/TASK/learned.lua)" },
    { "cases", '\0', TEXT_IN(test, cases), "DIR",
      "cases of this folder (default: policies/TASK/cases)" },
    { "table", '\0', FLAG_IN(test, table), NULL,
      "print a table in place of TAP" },
    { "junit", '\0', TEXT_IN(test, junit), "FILE",
      "write the results as JUnit XML, too" },
    { "replays", '\0', TEXT_IN(test, replays), "DIR",
      "keep replays of failing cases" },
    { "retire", '\0', TEXT_IN(test, retire), "CASE",
      "take a case out, into the folder retired/; needs --reason" },
    { "reason", '\0', TEXT_IN(test, reason), "TEXT",
      "why it is retired; ledger and case keep it" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_test(struct call *c)
{
    struct test *t = c->state;
    const char *name = c->args[0], *misuse = test_find_misuse(t, name);
    int status = EXIT_FAILED;

    t->setup = &c->setup;
    if (misuse) {
        error_set(&c->err, "%s", misuse);
        return EXIT_USAGE;
    }
    if (name && check_names(t, name, &c->err) != 0)
        return EXIT_USAGE;
    if ((name ? test_task(t, name, &c->err) : test_all(t, &c->err)) == 0)
        status = t->retire ? cmd_done() : test_report_case(t, name, &c->err);
    test_report_clear(&t->report);
    return status;
}

const struct command cmd_test = {
    .name = "test",
    .args = "[TASK]",
    .about = "run regression cases and print TAP",
    .details =
        "A case replays a recorded prefix, which the policy shadows, lets the policy take over, and\n"
        "checks that what was once mastered does not fail again. Exit status 1 when one fails,\n"
        "or when there was none to run.\n"
        "A case that was cut under another version of its environment (or, where actions\n"
        "are sticky, of chance) is stale and skipped.\n"
        "The task lib stands for the skills of policies/lib: each is put into the policy of its test.",
    .example =
        "ratchet test\nratchet test breakout --junit results.xml\n"
        "ratchet test breakout --policy my.lua --cases logs/breakout-1/cases --replays failing\n"
        "ratchet test breakout --cases logs/breakout-1/cases --retire case-002 \\\n"
        "    --reason 'the paddle grew: it cannot fail any more'",
    .options = options,
    .size = sizeof(struct test),
    .n_max = 1,
    .needs = NEEDS_PLUGINS,
    .exec = exec_test,
};
