/* test_cases.c - regression cases: cut from real failures, proven on both policies, run
 * in several courses of chance, kept in files that anybody may have written. */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "runner/judge/cases.h"
#include "tests/memo_play.h"

#define BALANCE \
    "return { act = function(o) return o.angle + o.angular_velocity > 0 and 1 or 0 end }"
/* Breaks off once the pole leans to the left. */
#define BREAKS_LATER \
    "return { act = function(o) if o.angle > 0.1 then error('no') end return 0 end }"
#define SEED 1000

static const struct ask nothing = ASK(DEV, "", LEFT, "");

static struct policy policy_of(const char *source)
{
    return (struct policy){ .name = "p.lua", .source = source };
}

/* One dev episode of a policy, with its first failure. False: there is none. */
static bool fail_once(struct memo *m, const char *source, struct episode_result *r,
                      struct failures *f)
{
    struct policy policy = policy_of(source);
    struct episode_request request = { .seed = SEED };
    int64_t index = 0;
    struct error err = { "" };

    *f = (struct failures){ 0 };
    if (memo_evaluate(m, DEV, "", &policy, &request, &index, 1, r, &err) != MEMO_DONE ||
        failures_find(f, m->base.task, r, 1, FAILURE_RULES, &err) != 0)
        fail_msg("%s", err.text);
    return f->n > 0;
}

/* A case of `old` in its task as it stands, proven on `fixed`. What case_cut says. */
static int cut(const char *old, const char *fixed, int64_t steps,
               struct regression_case *c, enum memo_status *status)
{
    struct policy a = policy_of(old), b = policy_of(fixed);
    struct memo m = memo_of(&nothing);
    struct episode_result r = { 0 };
    struct failures f;
    struct error err = { "" };
    int found = 0;

    *status = MEMO_DONE;
    if (fail_once(&m, old, &r, &f)) {
        m.steps_left = steps ? steps : INT64_MAX;
        found = case_cut(&m, &a, &b, &f.list[0], &r, c, status, &err);
    }
    if (*status == MEMO_FAILED)
        fail_msg("%s", err.text);
    failures_clear(&f);
    results_clear(&r, 1);
    return found;
}

/* What comes of a case with a policy; the outcome's result is cleared. */
static struct case_outcome outcome_of(struct regression_case *c, const char *source,
                                      int n_jobs)
{
    struct policy policy = policy_of(source);
    struct case_list list = { .list = c, .n = 1 };
    struct memo m = memo_of(&nothing);
    struct case_outcome out;
    struct error err = { "" };

    m.base.setup.jobs = n_jobs;
    if (cases_run(&m, &policy, &list, &out, &err) != MEMO_DONE)
        fail_msg("%s", err.text);
    case_outcomes_clear(&out, 1);
    return out;
}

/* Failures that no event names: a return far below the others, an end that costs much. */
static const struct return_row {
    const char *name, *old, *fixed, *kind;
    double floor, sticky;
    int found;
    const char *event;
} return_rows[] = {
    { "a return far below, mastered", LEFT, BALANCE, "far_below", 100, 0, 1, "far_below" },
    { "as low with the new policy", LEFT, RIGHT, "far_below", 100, 0, 0, "" },
    { "the same policy returns the same", LEFT, LEFT, "far_below", 100, 0, 0, "" },
    { "chance decides where frames are sticky", LEFT, BALANCE, "far_below", 100, 0.1, 0, "" },
    { "by the rules of format 1 it is no case", LEFT, BALANCE, "far_below", -INFINITY, 0, 0,
      "" },
    { "a bad end, mastered", LEFT, BALANCE, "bad_end", 100, 0, 1, "fault" },
    { "another end as bad", LEFT, RIGHT, "bad_end", 100, 0, 0, "" },
};

static void test_return(void **state)
{
    const struct return_row *row = *state;
    struct policy a = policy_of(row->old), b = policy_of(row->fixed);
    struct memo m = memo_of(&nothing);
    struct episode_result r = { 0 };
    struct regression_case c = { 0 };
    struct case_list list = { 0 };
    enum memo_status status;
    struct failures f;
    struct error err = { "" };

    task->rules.sticky = row->sticky;
    assert_true(fail_once(&m, row->old, &r, &f));
    f.list[0].kind = row->kind;
    f.list[0].floor = row->floor;
    m.steps_left = INT64_MAX;
    assert_int_equal(case_cut(&m, &a, &b, &f.list[0], &r, &c, &status, &err), row->found);
    if (row->found) {
        assert_string_equal(c.event, row->event);
        free(c.name);
        c.name = xstrdup("case-002");
        assert_int_equal(case_save(&c, "returns", &err), 0);
        if (case_list_load(&list, &envs, "returns", &err) != 0)
            fail_msg("%s", err.text);
        assert_int_equal(list.n, 1);
        assert_true(!outcome_of(&list.list[0], row->old, 1).passed);
        assert_true(outcome_of(&list.list[0], row->fixed, 1).passed);
    }
    task->rules.sticky = 0;
    case_list_clear(&list);
    case_clear(&c);
    failures_clear(&f);
    results_clear(&r, 1);
}

static const struct cut_row {
    const char *name, *old, *fixed;
    double sticky;
    int64_t steps; /* of the budget; 0: without limit */
    int found;
    enum memo_status status;
    const char *event;
} cut_rows[] = {
    { "a fall that the new policy masters", LEFT, BALANCE, 0, 0, 1, MEMO_DONE, "fell" },
    { "the same policy", LEFT, LEFT, 0, 0, 0, MEMO_DONE, "" },
    { "one that falls, too", LEFT, RIGHT " --", 0, 0, 0, MEMO_DONE, "" },
    { "one that breaks off", LEFT, BREAKS, 0, 0, 0, MEMO_DONE, "" },
    { "one that does not load", LEFT, "return", 0, 0, 0, MEMO_DONE, "" },
    { "an error that the new policy does not raise", BREAKS_LATER, BALANCE, 0, 0, 1,
      MEMO_DONE, "fault" },
    { "an error at once", BREAKS, BALANCE, 0, 0, 1, MEMO_DONE, "fault" },
    { "an error that is a fall now, with as much return", BREAKS_LATER, LEFT, 0, 0, 1,
      MEMO_DONE, "fault" },
    { "no failure at all", BALANCE, LEFT, 0, 0, 0, MEMO_DONE, "" },
    { "where actions are sticky", LEFT, BALANCE, 0.1, 0, 1, MEMO_DONE, "fell" },
    { "with a step to play", LEFT, BALANCE, 0, 1, -1, MEMO_NO_STEPS, "" },
    { "with one policy's steps", LEFT, BALANCE, 0, 12, -1, MEMO_NO_STEPS, "" },
};

/* What is proven fails on the one and passes on the other, is as it was read from its
 * file, and begins as the old policy's episode did. */
static void check_proven(struct regression_case *c, const struct cut_row *row)
{
    struct episode_result r = { 0 };
    struct memo m = memo_of(&nothing);
    struct case_list list;
    struct failures f;
    struct error err = { "" };
    char *before, *after;

    assert_string_equal(c->event, row->event);
    assert_int_equal(c->n_continuations > 1, row->sticky > 0);
    assert_true(strlen(c->cut_from) == 64 && strlen(c->fixed_by) == 64);
    assert_true(!outcome_of(c, row->old, 1).passed);
    assert_true(outcome_of(c, row->fixed, 3).passed);
    assert_true(fail_once(&m, row->old, &r, &f));
    assert_true(c->prefix.n_steps <= f.list[0].step);
    assert_true(c->prefix.n_steps + c->horizon > f.list[0].step);
    assert_memory_equal(c->prefix.data, r.tape.data, (size_t)c->prefix.n_steps);
    failures_clear(&f);
    results_clear(&r, 1);
    free(c->name);
    c->name = xstrdup("case-001");
    assert_int_equal(case_save(c, "proven", &err), 0);
    if (case_list_load(&list, &envs, "proven", &err) != 0)
        fail_msg("%s", err.text);
    before = case_to_text(c);
    after = case_to_text(&list.list[0]);
    assert_string_equal(before, after);
    assert_true(!outcome_of(&list.list[0], row->old, 2).passed);
    free(before);
    free(after);
    case_list_clear(&list);
}

static void test_cut(void **state)
{
    const struct cut_row *row = *state;
    struct regression_case c = { 0 };
    enum memo_status status;
    int found;

    run++;
    task->rules.sticky = row->sticky;
    found = cut(row->old, row->fixed, row->steps, &c, &status);
    if (found != row->found || status != row->status)
        fail_msg("%d, status %d", found, status);
    if (found == 1)
        check_proven(&c, row);
    case_clear(&c);
    task->rules.sticky = 0;
}

/* Cases that prove nothing, or that somebody took out, are not played. */
static const struct left_out {
    const char *name;
    int versions, chances; /* to be added to those of now */
    double sticky;
    bool is_retired, is_run;
} left_outs[] = {
    { "of now", 0, 0, 0, false, true },
    { "an earlier version of the environment", -1, 0, 0, false, false },
    { "a later one", 1, 0, 0, false, false },
    { "earlier sticky actions", 0, -1, 0.1, false, false },
    { "earlier sticky actions, where none are", 0, -1, 0, false, true },
    { "retired", 0, 0, 0, true, false },
};

static void test_left_out(void **state)
{
    const struct left_out *row = *state;
    struct regression_case c = { 0 };
    enum memo_status status;
    int64_t before, after, steps;

    run++;
    task->rules.sticky = row->sticky;
    assert_int_equal(cut(LEFT, BALANCE, 0, &c, &status), 1);
    c.env_version += (uint32_t)row->versions;
    c.chance += (uint32_t)row->chances;
    c.is_retired = row->is_retired;
    run++; /* where nothing of it was played yet */
    count(&before, &steps);
    assert_int_equal(outcome_of(&c, LEFT, 1).n, row->is_run ? c.n_continuations : 0);
    count(&after, &steps);
    assert_int_equal(after - before, row->is_run ? c.n_continuations : 0);
    assert_int_equal(case_is_stale(&c), !row->is_run && !row->is_retired);
    case_clear(&c);
    task->rules.sticky = 0;
}

/* K courses, of which a share must hold: those that hold of COURSES are counted once. */
#define COURSES 16
static struct regression_case mixed; /* holds in some courses, with POOR */
static int n_held;
static int64_t mixed_run;
#define POOR "return { act = function(o) return math.random(2) - 1 end }"

static const struct rate_row {
    const char *name;
    double of_held; /* the rate: so many of those that hold, and... */
    double more;    /* ...so many of COURSES more */
    bool passes;
} rate_rows[] = {
    { "just as many as hold", 1, 0, true }, { "one more", 1, 1, false },
    { "a hair more", 1, 1e-6, false },      { "one fewer", 1, -1, true },
    { "all", 0, COURSES, false },           { "any", 0, 1, true },
};

static void test_rate(void **state)
{
    const struct rate_row *row = *state;
    struct case_outcome out;
    int64_t last = run;

    run = mixed_run;
    task->rules.sticky = 0.25;
    mixed.pass_rate = (row->of_held * n_held + row->more) / COURSES;
    out = outcome_of(&mixed, POOR, 1);
    assert_true(out.held == n_held && out.n == COURSES);
    assert_int_equal(out.passed, row->passes);
    run = last;
    task->rules.sticky = 0;
}

static int setup_rates(void)
{
    enum memo_status status;
    struct case_outcome out;

    mixed_run = ++run;
    task->rules.sticky = 0.25;
    if (cut(LEFT, BALANCE, 0, &mixed, &status) != 1)
        return -1;
    mixed.horizon = 12;
    mixed.n_continuations = COURSES;
    out = outcome_of(&mixed, POOR, 2);
    n_held = out.held;
    task->rules.sticky = 0;
    return n_held > 1 && n_held < COURSES - 1 ? 0 : -1; /* else rows show nothing */
}

/* The same seed, prefix and horizon under two tasks are two cases, in one list and in two
 * runs of the list. */
static const struct pair_row {
    const char *name, *setting;
    bool differs; /* what comes of it */
} pair_rows[] = {
    { "two names of a case", "", false },
    { "two frames a step", "frame_skip=2", true },
    { "three frames a step", "frame_skip=3", true },
    { "an early end", "max_frames=3", true },
};

static void test_pair(void **state)
{
    const struct pair_row *row = *state;
    struct regression_case c[2] = { { 0 } };
    struct policy policy = policy_of(LEFT);
    struct case_list list = { .list = c, .n = 2 };
    struct case_outcome out[2];
    struct memo m = memo_of(&nothing);
    enum memo_status status;
    struct error err = { "" };

    run++;
    assert_int_equal(cut(LEFT, BALANCE, 0, &c[0], &status), 1);
    run++;
    assert_int_equal(cut(LEFT, BALANCE, 0, &c[1], &status), 1);
    for (int k = 0; k < 2; k++) {
        c[k].prefix.n_steps = 0;
        c[k].horizon = 100;
    }
    if (row->setting[0])
        assert_int_equal(task_set(c[1].task, row->setting, &err), 0);
    m = memo_of(&nothing);
    m.run = ++run;
    assert_int_equal(cases_run(&m, &policy, &list, out, &err), MEMO_DONE);
    assert_int_equal(out[0].result.trajectory != out[1].result.trajectory, row->differs);
    case_outcomes_clear(out, 2);
    case_clear(&c[0]);
    case_clear(&c[1]);
}

/* A sound case with one value that somebody wrote: a JSON text at a key, of an object
 * within where there is a dot; NULL: the key is gone. */
static const struct value_row {
    const char *name, *key, *value;
    bool loads;
} value_rows[] = {
    { "as it was", "format", "1", true },
    { "another format", "format", "2", false },
    { "a format that is text", "format", "\"1\"", false },
    { "without a format", "format", NULL, false },
    { "without a name", "name", NULL, false },
    { "a name that is a number", "name", "7", false },
    { "an empty name", "name", "\"\"", false },
    { "a name that leads elsewhere", "name", "\"../../best\"", false },
    { "a name with a slash", "name", "\"a/b\"", false },
    { "a hidden name", "name", "\".case\"", false },
    { "a name that talks to the terminal", "name", "\"a\\u001b[31mb\"", false },
    { "a name of two lines", "name", "\"a\\nb\"", false },
    { "a name as long as a path", "name", "LONG", false },
    { "without what must not happen", "must", NULL, false },
    { "what must not happen is a list", "must", "[]", false },
    { "an event that there is not", "must.not_happen", "\"won\"", false },
    { "an event that is a number", "must.not_happen", "1", false },
    { "a floor that is text", "must.or_end_with", "\"10\"", false },
    { "a floor that is null", "must.or_end_with", "null", false },
    { "a floor", "must.or_end_with", "-1e300", true },
    { "no floor", "must.or_end_with", NULL, true },
    { "without a version", "env_version", NULL, false },
    { "a version that is text", "env_version", "\"1\"", false },
    { "a version below zero", "env_version", "-1", false },
    { "a version that is 1 in 32 bits", "env_version", "4294967297", false },
    { "chance that is 1 in 32 bits", "chance", "4294967297", false },
    { "chance that is text", "chance", "\"1\"", false },
    { "no horizon", "horizon", NULL, false },
    { "a horizon of nothing", "horizon", "0", false },
    { "a horizon below zero", "horizon", "-5", false },
    { "a horizon without an end", "horizon", "9223372036854775807", false },
    { "a horizon that is half a step", "horizon", "10.5", false },
    { "a seed of 64 bits", "seed", "\"18446744073709551615\"", true },
    { "a seed of more", "seed", "\"18446744073709551616\"", false },
    { "a seed below zero", "seed", "\"-1\"", false },
    { "a seed that is a word", "seed", "\"seven\"", false },
    { "a seed that is a number", "seed", "7", false },
    { "without a seed", "seed", NULL, false },
    { "no course", "continuations", "0", false },
    { "one course too many", "continuations", "65", false },
    { "courses that are 1 in 32 bits", "continuations", "4294967297", false },
    { "courses that are text", "continuations", "\"8\"", false },
    { "eight courses", "continuations", "8", true },
    { "none of them must hold", "pass_rate", "0", false },
    { "fewer than none", "pass_rate", "-0.5", false },
    { "more than all", "pass_rate", "1.01", false },
    { "a rate that is text", "pass_rate", "\"1\"", false },
    { "a take-over that is not the prefix's end", "take_over", "3", false },
    { "a take-over that is text", "take_over", "\"0\"", false },
    { "a prefix that is a list", "prefix", "[]", false },
    { "without a prefix", "prefix", NULL, false },
    { "a prefix of words", "prefix", "\"left right\"", false },
    { "an action that there is not", "prefix", "\"2*4\"", false },
    { "an action beyond a byte", "prefix", "\"256*4\"", false },
    { "an action below zero", "prefix", "\"-1*4\"", false },
    { "steps that never end", "prefix", "\"0*9223372036854775807\"", false },
    { "steps that overflow", "prefix", "\"0*99999999999999999999999\"", false },
    { "steps below zero", "prefix", "\"0*-4\"", false },
    { "no steps", "prefix", "\"0*0\"", false },
    { "half a run", "prefix", "\"0*4 1*\"", false },
    { "without a task", "task", NULL, false },
    { "a task that is text", "task", "\"cartpole\"", false },
    { "a task of an unknown environment", "task.env", "\"chess\"", false },
    { "a task with an unknown key", "task.cheat", "1", false },
    { "a task whose name leads elsewhere", "task.name", "\"../x\"", false },
    { "an iteration that is text", "iteration", "\"1\"", false },
    { "a signature that is a number", "signature", "1", false },
    { "a policy that is no hash", "cut_from", "1", false },
};

/* The text of a sound case without a prefix, of all rows. */
static char *sound;

static void set_value(json_t *json, const char *key, const char *value)
{
    const char *dot = strchr(key, '.');
    char *outer = dot ? strndup(key, (size_t)(dot - key)) : NULL;
    json_t *object = dot ? json_object_get(json, outer) : json;
    char text[4000] = "\"", *at = text;

    if (value && !strcmp(value, "LONG")) {
        memset(text + 1, 'a', sizeof(text) - 3);
        memcpy(text + sizeof(text) - 3, "\"", 2);
        value = at;
    }
    if (value)
        json_object_set_new(object, dot ? dot + 1 : key,
                            json_loads(value, JSON_DECODE_ANY, NULL));
    else
        json_object_del(object, dot ? dot + 1 : key);
    free(outer);
}

static void test_value(void **state)
{
    const struct value_row *row = *state;
    json_t *json = json_loads(sound, 0, NULL);
    struct case_list list;
    struct error err = { "" };
    char *text;
    int status;

    set_value(json, row->key, row->value);
    text = json_dumps(json, 0);
    assert_int_equal(file_make_folder("value", &err), 0);
    assert_int_equal(file_save("value/case-001.json", text, strlen(text), &err), 0);
    status = case_list_load(&list, &envs, "value", &err);
    if (status != (row->loads ? 0 : -1) || list.n != row->loads)
        fail_msg("%d, %d cases: %s", status, list.n, err.text);
    assert_true(row->loads || strstr(err.text, "case-001.json"));
    case_list_clear(&list);
    json_decref(json);
    free(text);
}

/* What lies in the place of a case's file, or of the folder. */
enum place { TEXT, HALF, TAIL, TWICE, HUGE_FILE, PIPE, FOLDER, LOOP, GONE };
static const struct file_row {
    const char *name;
    enum place place;
    const char *path, *text;
    int n; /* cases; -1: an error */
} file_rows[] = {
    { "an empty file", TEXT, "file/case-001.json", "", -1 },
    { "a list", TEXT, "file/case-001.json", "[]", -1 },
    { "no JSON", TEXT, "file/case-001.json", "\1\2\3", -1 },
    { "bytes that are no UTF-8", TEXT, "file/case-001.json", "{\"format\": \"\xff\xfe\"}",
      -1 },
    { "an empty object", TEXT, "file/case-001.json", "{}", -1 },
    { "half a case", HALF, "file/case-001.json", "", -1 },
    { "more behind it", TAIL, "file/case-001.json", "", -1 },
    { "a key twice", TWICE, "file/case-001.json", "", -1 },
    { "100 MB", HUGE_FILE, "file/case-001.json", "", -1 },
    { "a pipe that nobody writes", PIPE, "file/case-001.json", "", -1 },
    { "a folder", FOLDER, "file/case-001.json", "", -1 },
    { "a link to itself", LOOP, "file/case-001.json", "", -1 },
    { "another kind of file beside them", TEXT, "file/README.md", "words", 0 },
    { "a hidden file", TEXT, "file/.case-001.json", "words", 0 },
    { "no folder", GONE, "file", "", 0 },
    { "a file in the folder's place", TEXT, "file", "{}", -1 },
    { "a pipe in the folder's place", PIPE, "file", "", -1 },
    { "a link to itself in the folder's place", LOOP, "file", "", -1 },
};

static void lay(const struct file_row *row)
{
    struct error err = { "" };
    size_t len = strlen(sound);
    char *text = row->place == HALF    ? strndup(sound, len / 2)
                 : row->place == TAIL  ? xasprintf("%s {}", sound)
                 : row->place == TWICE ? xasprintf("{ \"format\": 1, %s", sound + 1)
                                       : xstrdup(row->text);
    int fd = -1;

    if (strchr(row->path, '/'))
        assert_int_equal(file_make_folder("file", &err), 0);
    if (row->place == PIPE)
        assert_int_equal(mkfifo(row->path, 0600), 0);
    else if (row->place == FOLDER)
        assert_int_equal(mkdir(row->path, 0700), 0);
    else if (row->place == LOOP)
        assert_int_equal(
            symlink(strrchr(row->path, '/') ? strrchr(row->path, '/') + 1 : row->path,
                    row->path),
            0);
    else if (row->place != GONE)
        assert_int_equal(file_save(row->path, text, strlen(text), &err), 0);
    if (row->place == HUGE_FILE) {
        fd = open(row->path, O_WRONLY);
        assert_int_equal(ftruncate(fd, 100000000), 0);
        close(fd);
    }
    free(text);
}

static void test_file(void **state)
{
    const struct file_row *row = *state;
    struct case_list list;
    struct error err = { "" };
    int status;

    lay(row);
    status = case_list_load(&list, &envs, "file", &err);
    if (status != (row->n < 0 ? -1 : 0) || list.n != (row->n < 0 ? 0 : row->n))
        fail_msg("%d, %d cases: %s", status, list.n, err.text);
    assert_true(row->n >= 0 || strstr(err.text, row->path));
    remove(row->path);
    remove("file");
}

static int setup(void **state)
{
    struct regression_case c = { 0 };
    enum memo_status status;

    (void)state;
    run++;
    if (cut(LEFT, BALANCE, 0, &c, &status) != 1)
        return -1;
    c.prefix.n_steps = 0;
    free(c.name);
    c.name = xstrdup("case-001");
    sound = case_to_text(&c);
    case_clear(&c);
    return setup_rates();
}

static int teardown(void **state)
{
    (void)state;
    free(sound);
    case_clear(&mixed);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[160];
    size_t n = 0;

    ROWS_ADD(tests, n, cut_rows, test_cut);
    ROWS_ADD(tests, n, return_rows, test_return);
    ROWS_ADD(tests, n, left_outs, test_left_out);
    ROWS_ADD(tests, n, rate_rows, test_rate);
    ROWS_ADD(tests, n, pair_rows, test_pair);
    ROWS_ADD(tests, n, value_rows, test_value);
    ROWS_ADD(tests, n, file_rows, test_file);
    return memo_tests_run("cases", tests, n, setup, teardown);
}
