/* test_brief.c - the brief: its tables lose nothing, its failures follow the rules of the
 * run, and what it says is what was measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"
#include "rows.h"
#include "runner/brief/brief.h"
#include "runner/brief/brief_table.h"

/* A world that does what its actions say: the first is the reward, the second ends it, the
 * third is an event. */
static const struct env_field toy_fields[] = {
    { "at", "", 1, 0, 100, 2 },
    { "still", "", 1, 0, 1, 0 },
    { "bricks", "", 10, 0, 1, 0 },
    { 0 },
};
static const struct env_action toy_actions[] = {
    { "reward", false, -1000, 1000, NULL },
    { "end", false, 0, 1, NULL },
    { "fall", false, 0, 1, NULL },
    { 0 },
};
static const struct env_event toy_events[] = { { "fall", true }, { 0 } };
static const double toy_noop[] = { 0, 0, 0 };

static void *toy_create(const char *const *values, char *why, size_t size)
{
    (void)values, (void)why, (void)size;
    return xcalloc(1, sizeof(int64_t));
}

static void toy_reset(void *instance, uint64_t seed)
{
    (void)seed;
    *(int64_t *)instance = 0;
}

static struct env_step toy_step(void *instance, const double *action)
{
    ++*(int64_t *)instance;
    return (struct env_step){ .reward = action[0],
                              .terminated = action[1] > 0.5,
                              .events = action[2] > 0.5 };
}

static void toy_observe(const void *instance, double *out)
{
    int64_t at = *(const int64_t *)instance;

    out[0] = (double)at;
    out[1] = 0.5;
    for (int i = 0; i < 10; i++)
        out[2 + i] = i || at % 4 < 2; /* the first goes and comes back */
}

static size_t toy_size(const void *instance)
{
    (void)instance;
    return sizeof(int64_t);
}

static void toy_save(const void *instance, void *out)
{
    memcpy(out, instance, sizeof(int64_t));
}

static int toy_load(void *instance, const void *block)
{
    memcpy(instance, block, sizeof(int64_t));
    return 0;
}

static const struct env toy = {
    .abi = ENV_ABI,
    .name = "toy",
    .version = 1,
    .about = "A toy",
    .fields = toy_fields,
    .actions = toy_actions,
    .noop = toy_noop,
    .events = toy_events,
    .options = (const struct env_option[]){ { 0 } },
    .frames_per_second = 10,
    .max_frames = 100,
    .fault_return = NAN,
    .target = NAN,
    .create = toy_create,
    .destroy = free,
    .reset = toy_reset,
    .step = toy_step,
    .observe = toy_observe,
    .state_size = toy_size,
    .save = toy_save,
    .load = toy_load,
};

/* An episode of n steps that earns `each` a step and `last` in the last one. */
static struct episode_result toy_episode(const struct task *task, int64_t n, double each,
                                         double last, bool ends, bool falls)
{
    struct episode_result r = { .is_done = true, .verified = true, .seed = 1 };

    r.tape.width = tape_width(task->env);
    r.tape.n_steps = r.n_steps = r.n_frames = n;
    r.tape.data = xcalloc((size_t)n, (size_t)r.tape.width);
    for (int64_t i = 0; i < n; i++) {
        double action[] = { i == n - 1 ? last : each, i == n - 1 && ends,
                            i == n - 1 && falls };
        tape_put(r.tape.data + i * r.tape.width, task->env, action);
        r.score = r.total += action[0];
    }
    r.terminated = ends;
    r.truncated = !ends;
    r.trajectory = r.start_hash = (uint64_t)n;
    return r;
}

/* What the failures of one kind of episode are called, by the rules of either format. */
static const struct rule_row {
    const char *name;
    int64_t n;
    double each, last;
    bool ends, falls;
    const char *kinds[2]; /* of rules 1, 2; NULL: none */
} rule_rows[] = {
    { "an event is a failure", 20, 1, 1, true, true, { "fall", "fall" } },
    { "no reward for long is stuck", 100, 0, 0, false, false, { "stuck", "stuck" } },
    { "a cost that no longer changes is stuck", 100, -1, -1, false, false,
      { "stuck", "stuck" } },
    { "a reward to the end is not", 100, 1, 1, false, false, { NULL, NULL } },
    { "an end with a large negative reward", 20, -0.3, -100, true, false,
      { NULL, "bad_end" } },
    { "the same where an event says so", 20, -0.3, -100, true, true, { "fall", "fall" } },
    { "an end that costs as every step", 20, -1, -1, true, false, { NULL, NULL } },
    { "an end that earns", 20, -1, 100, true, false, { NULL, NULL } },
    { "an end of twice the cost", 20, -1, -2, true, false, { NULL, NULL } },
    { "a large cost where time ran out", 100, -0.3, -100, false, false,
      { "stuck", NULL } },
};

static void test_rules(void **state)
{
    const struct rule_row *row = *state;

    for (int rules = 1; rules <= 2; rules++) {
        struct task *task = task_create(&toy);
        struct episode_result r = toy_episode(task, row->n, row->each, row->last, row->ends,
                                              row->falls);
        struct failures f;
        struct error err = { "" };
        const char *kind = row->kinds[rules - 1];
        assert_int_equal(failures_find(&f, task, &r, 1, rules, &err), 0);
        assert_int_equal(f.n, kind != NULL);
        if (kind)
            assert_string_equal(f.list[0].kind, kind);
        if (kind && !strcmp(kind, "bad_end")) /* one that is half as bad would do */
            assert_true(f.list[0].floor == r.total + 50);
        failures_clear(&f);
        results_clear(&r, 1);
        task_destroy(task);
    }
}

/* A pole that swings up and then stands: its cost has changed, and is none any more. */
static void test_standing_is_not_stuck(void **state)
{
    struct task *task = task_create(&toy);
    struct episode_result r = toy_episode(task, 100, 0, 0, false, false);
    struct failures f;
    struct error err = { "" };

    (void)state;
    for (int64_t i = 0; i < 10; i++) {
        double action[] = { -16 + (double)i, 0, 0 };
        tape_put(r.tape.data + i * r.tape.width, task->env, action);
    }
    assert_int_equal(failures_find(&f, task, &r, 1, 1, &err), 0);
    assert_int_equal(f.n, 1);
    failures_clear(&f);
    assert_int_equal(failures_find(&f, task, &r, 1, 2, &err), 0);
    assert_int_equal(f.n, 0);
    failures_clear(&f);
    results_clear(&r, 1);
    task_destroy(task);
}

/* One episode in six returns far less: a case may come of it under the rules of 2 alone. */
static void test_far_below(void **state)
{
    struct task *task = task_create(&toy);
    struct episode_result r[6];
    struct failures f;
    struct error err = { "" };

    (void)state;
    for (int i = 0; i < 6; i++)
        r[i] = toy_episode(task, 20, i == 3 ? 1 : 10, 1, true, false);
    for (int rules = 1; rules <= 2; rules++) {
        assert_int_equal(failures_find(&f, task, r, 6, rules, &err), 0);
        assert_int_equal(f.n, 1);
        assert_string_equal(f.list[0].kind, "far_below");
        assert_int_equal(f.list[0].episode, 3);
        assert_true(rules == 1 ? isinf(f.list[0].floor)
                               : f.list[0].floor > 20 && f.list[0].floor < 191);
        failures_clear(&f);
    }
    results_clear(r, 6);
    task_destroy(task);
}

/* What a reader makes of a table: cells[row][column], of letters as heads. */
#define COLUMNS 5
#define ROWS 12

static int find_row(char keys[ROWS][8], int n, const char *key)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(keys[i], key))
            return i;
    fail_msg("there is no row %s", key);
    return -1;
}

static void read_remark(char *remark, char keys[ROWS][8], int n,
                        char cells[ROWS][COLUMNS][8])
{
    char head, one[8], key[8], two[8];

    if (sscanf(remark, "%c %7[^,], from k %7s on %7s", &head, one, key, two) == 4) {
        int turn = find_row(keys, n, key);
        for (int i = 0; i < n; i++)
            strcpy(cells[i][head - 'a'], i < turn ? one : two);
    } else if (sscanf(remark, "%c %7[^,], but %7s at k %7s", &head, one, two, key) == 4) {
        for (int i = 0; i < n; i++)
            strcpy(cells[i][head - 'a'], one);
        strcpy(cells[find_row(keys, n, key)][head - 'a'],
               strcmp(two, "none") ? two : "");
    } else if (strstr(remark, " where blank")) {
        assert_int_equal(sscanf(remark, "%c %7s where", &head, one), 2);
        for (int i = 0; i < n; i++)
            if (!*cells[i][head - 'a'])
                strcpy(cells[i][head - 'a'], one);
    } else if (sscanf(remark, "%c %7s at k %7s", &head, one, key) == 3) {
        strcpy(cells[find_row(keys, n, key)][head - 'a'],
               strcmp(one, "none") ? one : "");
    } else {
        for (char *at = strtok(remark, ","); at; at = strtok(NULL, ",")) {
            assert_int_equal(sscanf(at, " %c %7s", &head, one), 2);
            for (int i = 0; i < n; i++)
                strcpy(cells[i][head - 'a'], one);
        }
    }
}

static int read_table(const char *text, char keys[ROWS][8], char cells[ROWS][COLUMNS][8])
{
    char *copy = xstrdup(text), *body = strstr(copy, "```\n"), *line, *save = NULL;
    char *remarks = copy;
    int columns[COLUMNS], n_columns = 0, n = 0;

    assert_non_null(body);
    if (body > copy)
        body[-2] = '\0'; /* the point and the line's end */
    else
        remarks = body + strlen(body);
    line = body + 4;
    for (char *at = line + 1; *at != '\n'; at++)
        if (*at != ',')
            columns[n_columns++] = *at - 'a';
    line = strchr(line, '\n') + 1;
    for (; strncmp(line, "```", 3); line = strchr(line, '\n') + 1, n++) {
        char *at = line + strcspn(line, ",\n");
        snprintf(keys[n], 8, "%.*s", (int)(at - line), line);
        for (int c = 0; c < n_columns; c++) {
            size_t len = strcspn(at + 1, ",\n");
            snprintf(cells[n][columns[c]], 8, "%.*s", (int)len, at + 1);
            at += 1 + len;
        }
    }
    if (!strncmp(remarks, "Throughout: ", 12))
        remarks += 12;
    for (char *at = strtok_r(remarks, ";", &save); at; at = strtok_r(NULL, ";", &save))
        read_remark(at + strspn(at, " "), keys, n, cells);
    free(copy);
    return n;
}

/* Tables of every shape are read back, cell by cell. */
static void test_table_is_read_back(void **state)
{
    static const char *const words[] = { "1", "2", "left", "right", "" };
    struct rng rng;

    (void)state;
    rng_seed(&rng, 7, 0);
    for (int k = 0; k < 2000; k++) {
        char want[ROWS][COLUMNS][8] = { 0 }, keys[ROWS][8] = { 0 },
             got[ROWS][COLUMNS][8] = { 0 }, *text = NULL;
        int n = 2 + (int)rng_below(&rng, ROWS - 1), turns[COLUMNS];
        struct brief_table t = { 0 };
        size_t size;
        FILE *f = open_memstream(&text, &size);
        brief_table_column(&t, "k");
        for (int c = 0; c < COLUMNS; c++) {
            brief_table_column(&t, "%c", 'a' + c);
            turns[c] = 1 + (int)rng_below(&rng, 6);
        }
        for (int i = 0; i < n; i++) {
            brief_table_cell(&t, "%d", 3 * i);
            for (int c = 0; c < COLUMNS; c++) {
                /* The last column always changes; others now and then. */
                if (i == 0 || c == COLUMNS - 1 || rng_below(&rng, (uint32_t)turns[c] * 3) == 0)
                    snprintf(want[i][c], 8, "%s",
                             words[rng_below(&rng, c == COLUMNS - 1 ? 1 : 5)]);
                else
                    strcpy(want[i][c], want[i - 1][c]);
                if (c == COLUMNS - 1)
                    snprintf(want[i][c], 8, "%d", i);
                brief_table_cell(&t, "%s", want[i][c]);
            }
        }
        brief_table_write(f, &t);
        fclose(f);
        if (read_table(text, keys, got) != n || memcmp(got, want, sizeof(want)) != 0)
            for (int i = 0; i < n; i++)
                for (int c = 0; c < COLUMNS; c++)
                    if (strcmp(got[i][c], want[i][c]))
                        fail_msg("row %d, %c: \"%s\" for \"%s\" in\n%s", i, 'a' + c,
                                 got[i][c], want[i][c], text);
        brief_table_clear(&t);
        free(text);
    }
}

/* What a brief says, and what it does not. */
static const struct brief_row {
    const char *name;
    double each[2], last;  /* of the two dev episodes */
    bool ends, is_at_target;
    double least_gain, margin, target;
    enum after_target after;
    int64_t iteration;
    const char *says, *says_not;
} brief_rows[] = {
    { .name = "a column that does not change is said once",
      .each = { 1, 1 }, .last = -50, .ends = true, .says = "still 0.5", .says_not = ",0.5," },
    { .name = "the reward by event",
      .each = { 1, 1 }, .last = -50, .ends = true,
      .says = "- no event: 1 19 times, -50 1 times, in all -31" },
    { .name = "a list whose entries come back",
      .each = { 1, 1 }, .last = 1, .ends = true,
      .says = "entries of `bricks` that went to 0, " },
    { .name = "one course, whatever the seed",
      .each = { 1, 1 }, .last = 1, .ends = true, .says = "--set sticky=0.25",
      .says_not = "\n1,20" },
    { .name = "two courses are two rows",
      .each = { 1, 2 }, .last = 1, .ends = true, .says = "\n1,39",
      .says_not = "--set sticky=0.25" },
    { .name = "the standard error",
      .each = { 1, 2 }, .last = 1, .ends = true, .says = "(standard error 9.5, " },
    { .name = "without a failure: the worst against the best",
      .each = { 1, 2 }, .last = 1, .ends = true,
      .says = "the worst is seed 0 (20 in 20 steps), the best seed 1 (39 in 20)" },
    { .name = "the costliest steps of a cost",
      .each = { -1, -2 }, .last = -9, .ends = true,
      .says = "The costliest steps of the worst:" },
    { .name = "and none where there is reward",
      .each = { 1, 2 }, .last = -9, .ends = true, .says = "## Where return is lost",
      .says_not = "costliest" },
    { .name = "a bad end is a failure with its steps",
      .each = { 1, 2 }, .last = -200, .ends = true, .says = "### bad_end at=1/2\nSeed 0, ",
      .says_not = "## Where return is lost" },
    { .name = "a gate that sees little says so",
      .each = { 1, 2 }, .last = 1, .ends = true, .least_gain = 15, .target = 50,
      .says = "That is coarse", .says_not = "one thing at a time" },
    { .name = "one that sees much says that",
      .each = { 1, 2 }, .last = 1, .ends = true, .least_gain = 1, .target = 50,
      .says = "one thing at a time", .says_not = "That is coarse" },
    { .name = "simpler, with its margin",
      .each = { 1, 2 }, .last = 1, .ends = true, .margin = 2.5,
      .says = "no more than 2.5 (the margin) below" },
    { .name = "the target is reached: simpler, and better is welcome",
      .each = { 1, 2 }, .last = 1, .ends = true, .margin = 2.5, .is_at_target = true,
      .says = "at most 2.5 lower; a better return is welcome too" },
    { .name = "or the run climbs on",
      .each = { 1, 2 }, .last = 1, .ends = true, .is_at_target = true, .least_gain = 4,
      .after = AFTER_TARGET_climb, .says = "a higher mean is wanted, as ever, by 4 or more",
      .says_not = "Make the policy simpler" },
    { .name = "how far it is to the end",
      .each = { 1, 2 }, .last = 1, .ends = true, .iteration = 3,
      .says = "The run ends after 17 more iterations, or after 5 more without" },
    { .name = "the last iteration",
      .each = { 1, 2 }, .last = 1, .ends = true, .iteration = 20,
      .says = "This is the run's last iteration." },
    { .name = "equal notes are one",
      .each = { 1, 2 }, .last = 1, .ends = true,
      .says = "- model, iterations 1, 2: It falls.\n",
      .says_not = "- model, iteration 2: It falls." },
    { .name = "instructions against their limit",
      .each = { 1, 2 }, .last = 1, .ends = true,
      .says = "An act took 123 VM instructions at most, of 200000." },
    { .name = "the last verdict is whole", .each = { 1, 2 }, .last = 1, .ends = true,
      .says = "it is worse; and this is why" },
    { .name = "those before are short", .each = { 1, 2 }, .last = 1, .ends = true,
      .says = "it was unclear\n", .says_not = "a long reason" },
};

static void test_brief(void **state)
{
    static const struct brief_past past[] = {
        { 1, VERDICT_unclear, "Try one.", "it was unclear; a long reason", 1, 2 },
        { 2, VERDICT_worse, "Try two.", "it is worse; and this is why", 2, 1 },
    };
    const struct brief_row *row = *state;
    struct task *task = task_create(&toy);
    struct policy policy = { .name = "p.lua", .source = "return {}" };
    struct episode_result r[2];
    struct case_list cases = { 0 };
    struct failures f;
    struct error err = { "" };
    struct brief b = { .task = task, .run = 1, .policy = &policy, .results = r, .n = 2,
                       .failures = &f, .cases = &cases, .past = past, .n_past = 2,
                       .remark = "", .parent_iteration = -1,
                       .is_at_target = row->is_at_target, .n_empty = 1,
                       .iteration = row->iteration ? row->iteration : 3 };
    char *text;

    for (int i = 0; i < 2; i++) {
        r[i] = toy_episode(task, 20, row->each[i], row->last, row->ends, false);
        r[i].most_instructions = 100 + 23 * i;
        r[i].trajectory = (uint64_t)row->each[i];
        b.incumbent_mean += r[i].score / 2;
    }
    task->margin = row->margin;
    if (row->target)
        task->target = row->target;
    task->budget.after_target = row->after;
    if (row->least_gain)
        b.looks[b.n_looks++] = (struct brief_look){ 128, row->least_gain };
    b.notes = json_pack("[{s:s, s:s, s:i, s:i}, {s:s, s:s, s:i, s:i}]", "author", "model",
                        "text", "It falls.", "run", 1, "iteration", 1, "author", "model",
                        "text", "It falls.", "run", 1, "iteration", 2);
    assert_int_equal(failures_find(&f, task, r, 2, FAILURE_RULES, &err), 0);
    text = brief_user(&b, &err);
    if (!text || !strstr(text, row->says))
        fail_msg("does not say \"%s\":\n%s", row->says, text ? text : err.text);
    if (row->says_not && strstr(text, row->says_not))
        fail_msg("says \"%s\":\n%s", row->says_not, text);
    free(text);
    failures_clear(&f);
    results_clear(r, 2);
    json_decref(b.notes);
    task_destroy(task);
}

/* What the model is told once. */
static const struct system_row {
    const char *name, *says;
} system_rows[] = {
    { "its format", "(brief format 2)" },
    { "observations by name", "- `at`: 0 to 100" },
    { "neighbours of one kind share a line", "- `still`" },
    { "lists", "- `bricks`: a list of 10, each 0 to 1" },
    { "actions with their bounds", "- reward: -1000 to 1000" },
    { "what becomes of a number beyond them", "out of bounds is played as the nearest bound" },
    { "events, and which are failures", "- Events: fall (a failure)." },
};

static void test_system(void **state)
{
    const struct system_row *row = *state;
    struct task *task = task_create(&toy);
    char *text = brief_system(task);

    if (!strstr(text, row->says))
        fail_msg("does not say \"%s\":\n%s", row->says, text);
    free(text);
    task_destroy(task);
}

#define N(rows) (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest tests[N(rule_rows) + N(brief_rows) + N(system_rows) + 3] = {
        cmocka_unit_test(test_standing_is_not_stuck),
        cmocka_unit_test(test_far_below),
        cmocka_unit_test(test_table_is_read_back),
    };
    size_t n = 3;

    ROWS_ADD(tests, n, rule_rows, test_rules);
    ROWS_ADD(tests, n, brief_rows, test_brief);
    ROWS_ADD(tests, n, system_rows, test_system);
    return _cmocka_run_group_tests("brief", tests, n, NULL, NULL);
}
