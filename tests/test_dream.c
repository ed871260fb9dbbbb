/* test_dream.c - pieces of policies, and what statistics make of notes and verdicts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "runner/dream/dream_plan.h"
#include "runner/policy/served.h"

#define LONG_BODY                                                \
    "  local s = 0\n  for i = 1, 3 do s = s + i * o.angle end\n" \
    "  while s > 9 do s = s - 1 end\n  return s\nend\n"

/* What is found in a policy: the pieces' functions, and what the first one brings
 * along. */
static const struct piece_row {
    const char *name, *policy, *functions, *source;
} piece_rows[] = {
    { "a function",
      "-- p\nlocal function f(o)\n" LONG_BODY
      "return { act = function(o) return f(o) end }\n",
      "f", "local function f(o)\n" LONG_BODY },
    { "as a value", "local f = function(o)\n" LONG_BODY "return {}\n", "f",
      "local f = function(o)\n" LONG_BODY },
    { "with what it needs, and that needs",
      "local a, b = 1, { 2 }\nlocal c = a\nlocal d = 4\nlocal function f(o)\n  o = c\n" LONG_BODY,
      "f",
      "local a, b = 1, { 2 }\nlocal c = a\nlocal function f(o)\n  o = c\n" LONG_BODY },
    { "a field is no variable", "local x = 1\nlocal function f(o)\n  o = o.x\n" LONG_BODY,
      "f", "local function f(o)\n  o = o.x\n" LONG_BODY },
    { "two", "local function f(o)\n" LONG_BODY "local function g(o)\n  o = 1\n" LONG_BODY,
      "f g", NULL },
    { "act and reset are the policy's",
      "local function act(o)\n" LONG_BODY "local function reset(o)\n" LONG_BODY, "",
      NULL },
    { "a small one is no skill", "local function f(o) return o.angle end\nreturn {}", "",
      NULL },
    { "nested ones are not at the top",
      "do\n  local function f(o)\n" LONG_BODY "end\nreturn {}", "", NULL },
    { "a mark of its own", "-- skill\nlocal function f(o)\n" LONG_BODY, "", NULL },
    { "what would end a fence", "-- ```\nlocal function f(o)\n" LONG_BODY, "", NULL },
    { "words in strings and comments",
      "local s = 'local function g() end'\n--[[ local function h() ]]\nlocal function f(o)\n" LONG_BODY,
      "f", NULL },
    { "cut short", "local function f(o)\n  if", "", NULL },
    { "brackets that never open", ")))}}]] end end local function f(o)\n" LONG_BODY, "f",
      NULL },
    { "nothing", "", "", NULL },
};

static void test_pieces(void **state)
{
    const struct piece_row *row = *state;
    struct skill_pieces found;
    char names[256] = "";

    skill_find(row->policy, &found);
    for (int i = 0; i < found.n; i++) {
        char *whole = skill_compose(found.list[i].rest, found.list[i].source);
        strcat(strcat(names, i ? " " : ""), found.list[i].function);
        assert_non_null(whole);
        assert_null(strstr(whole, "-- skill"));
        assert_non_null(strstr(found.list[i].hollow, "() end\n"));
        free(whole);
    }
    assert_string_equal(names, row->functions);
    if (row->source)
        assert_string_equal(found.list[0].source, row->source);
    skill_pieces_clear(&found);
}

#define BETTER "'verdict': 'better', 'dev_before': 10, 'dev_after': 50"
#define WORSE "'verdict': 'worse', 'dev_before': 10, 'dev_after': 2"
#define AIM "'change': 'Aim at the place where the ball will land.'"
#define NOTE(id, run, iteration, author, text)                                         \
    "{'id': " #id ", 'run': " #run ", 'iteration': " #iteration ", 'author': '" author \
    "', 'kind': '', 'text': '" text "', 'evidence': '" #run ":" #iteration             \
    "', 'is_new': 1}"
#define CANDIDATE(run, iteration, verdict, change)                                 \
    "{'id': 1, 'run': " #run ", 'iteration': " #iteration ", " verdict ", " change \
    ", 'why': 'w', 'sha256': '', 'folder': 'f', 'is_new': 1}"
#define HELPS "It does help to aim at the place where the ball will land"
#define NOT "It does not help to aim at the place where the ball will land"

/* How many sentences of each kind come out. */
static const struct plan_row {
    const char *name, *notes, *candidates;
    int n_notes, n_retired, n_failed;
} plan_rows[] = {
    { "nothing", "", "", 0, 0, 0 },
    { "two that say the same",
      NOTE(1, 1, 1, "model", HELPS) "," NOTE(2, 2, 1, "model", HELPS), "", 1, 0, 0 },
    { "two that say the opposite",
      NOTE(1, 1, 1, "model", HELPS) "," NOTE(2, 2, 1, "model", NOT), "", 0, 0, 0 },
    { "other verdicts of the same",
      NOTE(1, 1, 1, "harness", "worse: a b c d e f -- w") "," NOTE(
          2, 2, 1, "harness", "refused: a b c d e f -- w"),
      "", 0, 0, 0 },
    { "contradicted later", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 1, BETTER, AIM), 0, 1, 0 },
    { "whatever its words say", NOTE(1, 1, 1, "model", HELPS),
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 1, BETTER, AIM), 0, 1, 0 },
    { "its own verdict is what it stands for", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(1, 1, BETTER, AIM), 0, 0, 0 },
    { "of an iteration without a verdict", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(2, 1, BETTER, AIM), 0, 0, 0 },
    { "confirmed later", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 1, WORSE, AIM), 0, 0, 1 },
    { "as many agree", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 1, BETTER, AIM) "," CANDIDATE(
          2, 2, WORSE, AIM),
      0, 0, 0 },
    { "most are the opposite", NOTE(1, 1, 1, "model", NOT),
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 1, BETTER, AIM) "," CANDIDATE(
          2, 2, WORSE, AIM) "," CANDIDATE(2, 3, BETTER, AIM),
      0, 1, 0 },
    { "an older verdict does not", NOTE(1, 3, 1, "model", NOT),
      CANDIDATE(2, 1, BETTER, AIM) "," CANDIDATE(3, 1, WORSE, AIM), 0, 0, 0 },
    { "two of other verdicts in nearly the same words",
      NOTE(1, 1, 1, "model", HELPS) "," NOTE(2, 2, 1, "model", HELPS " now"),
      CANDIDATE(1, 1, BETTER, AIM) "," CANDIDATE(2, 1, WORSE, AIM), 0, 1, 0 },
    { "two of one verdict in nearly the same words",
      NOTE(1, 1, 1, "model", HELPS) "," NOTE(2, 2, 1, "model", HELPS " now"),
      CANDIDATE(1, 1, BETTER, AIM) "," CANDIDATE(2, 1, BETTER, AIM), 1, 0, 0 },
    { "better than a weaker one is no contradiction",
      NOTE(1, 1, 1, "harness", "worse: Aim at the place where the ball will land. -- w"),
      CANDIDATE(1, 1, "'verdict': 'worse', 'dev_before': 400, 'dev_after': 2",
                AIM) "," CANDIDATE(2, 1, BETTER, AIM),
      0, 0, 0 },
    { "once is not a failed direction", "", CANDIDATE(1, 1, WORSE, AIM), 0, 0, 0 },
    { "twice is", "", CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 4, WORSE, AIM), 0, 0,
      1 },
    { "not when it was promoted", "",
      CANDIDATE(1, 1, WORSE, AIM) "," CANDIDATE(2, 4, WORSE,
                                                AIM) "," CANDIDATE(3, 1, BETTER, AIM),
      0, 0, 0 },
    { "nor when it was not played", "",
      CANDIDATE(1, 1, "'verdict': 'refused'",
                AIM) "," CANDIDATE(2, 4, "'verdict': 'refused'", AIM),
      0, 0, 0 },
};

static char *text_of(const json_t *row, const char *key)
{
    return xstrdup(dream_text(row, key));
}

/* What the ledger would read, of the rows of a test. ledger_dream_clear. */
static struct dream_read read_rows(const json_t *json)
{
    struct dream_read r = { .task = "t" };
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(json, "notes"), i, row)
        *xgrow(r.notes, r.n_notes) = (struct dream_note){
            .id = dream_number(row, "id"),
            .run = dream_number(row, "run"),
            .iteration = dream_number(row, "iteration"),
            .author = text_of(row, "author"),
            .text = text_of(row, "text"),
            .evidence = text_of(row, "evidence"),
            .kind = dream_kind_read(dream_text(row, "kind")),
            .is_new = dream_number(row, "is_new"),
        };
    json_array_foreach(json_object_get(json, "candidates"), i, row)
        *xgrow(r.candidates, r.n_candidates) = (struct dream_candidate){
            .id = dream_number(row, "id"),
            .run = dream_number(row, "run"),
            .iteration = dream_number(row, "iteration"),
            .verdict = verdict_read(dream_text(row, "verdict")),
            .why = text_of(row, "why"),
            .change = text_of(row, "change"),
            .sha256 = text_of(row, "sha256"),
            .folder = text_of(row, "folder"),
            .dev_before = json_get_number(row, "dev_before"),
            .dev_after = json_get_number(row, "dev_after"),
            .is_new = dream_number(row, "is_new"),
        };
    return r;
}

static void test_plans(void **state)
{
    const struct plan_row *row = *state;
    char text[8192], *at = text;
    struct dream_read read;
    json_t *json, *plan;

    snprintf(text, sizeof(text),
             "{'task': 't', 'notes': [%s], 'candidates': [%s], 'cases': []}", row->notes,
             row->candidates);
    for (; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json = json_loads(text, 0, NULL);
    assert_non_null(json);
    read = read_rows(json);
    plan = dream_by_statistics(&read);
    assert_int_equal(json_array_size(json_object_get(plan, "notes")), row->n_notes);
    assert_int_equal(json_array_size(json_object_get(plan, "retired")), row->n_retired);
    assert_int_equal(json_array_size(json_object_get(plan, "failed")), row->n_failed);
    json_decref(plan);
    ledger_dream_clear(&read);
    json_decref(json);
}

/* Values in a sentence; NAN: it is not in it. */
static const struct value_row {
    const char *name, *sentence, *parameter;
    double value;
} value_rows[] = {
    { "the first value", "Parameters that served best: a = 1.5, bb = -2; dev mean 9", "a",
      1.5 },
    { "the last value", "Parameters that served best: a = 1.5, bb = -2; dev mean 9", "bb",
      -2 },
    { "part of a name", "Parameters that served best: a = 1.5, bb = -2; dev mean 9", "b",
      NAN },
    { "no such sentence", "a = 1.5, bb = -2", "a", NAN },
    { "cut short", "Parameters that served best: a =", "a", NAN },
    { "no values", "Parameters that served best: ", "", NAN },
};

static void test_values(void **state)
{
    const struct value_row *row = *state;
    double value = served_value(row->sentence, row->parameter);

    assert_true(isnan(row->value) ? isnan(value) : value == row->value);
}

/* What a source declares is written as a sentence, and read back from it. */
static const struct served_row {
    const char *name, *source, *sentence;
    double a;
} served_rows[] = {
    { "a declared value is read back",
      "return { params = { a = { default = 0.25, min = 0, max = 1 } }, act = f }",
      "Parameters that served best: a = 0.25", 0.25 },
    { "of several, in their order",
      "local params = { b = { default = -3 }, a = { default = 1e-3 } } return {}",
      "Parameters that served best: b = -3, a = 1e-3", 1e-3 },
    { "none is declared", "return { act = function() return 0 end }", "", NAN },
};

static void test_served(void **state)
{
    const struct served_row *row = *state;
    char *sentence = served_values(row->source);
    double value = served_value(sentence, "a");

    assert_string_equal(sentence, row->sentence);
    assert_true(isnan(row->a) ? isnan(value) : value == row->a);
    free(sentence);
}

#define N(rows) (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
    struct CMUnitTest
        tests[N(piece_rows) + N(plan_rows) + N(value_rows) + N(served_rows)] = { 0 };
    size_t n = 0;

    for (size_t i = 0; i < N(piece_rows); i++)
        tests[n++] = (struct CMUnitTest){ piece_rows[i].name, test_pieces, NULL, NULL,
                                          (void *)&piece_rows[i] };
    for (size_t i = 0; i < N(plan_rows); i++)
        tests[n++] = (struct CMUnitTest){ plan_rows[i].name, test_plans, NULL, NULL,
                                          (void *)&plan_rows[i] };
    for (size_t i = 0; i < N(value_rows); i++)
        tests[n++] = (struct CMUnitTest){ value_rows[i].name, test_values, NULL, NULL,
                                          (void *)&value_rows[i] };
    for (size_t i = 0; i < N(served_rows); i++)
        tests[n++] = (struct CMUnitTest){ served_rows[i].name, test_served, NULL, NULL,
                                          (void *)&served_rows[i] };
    return _cmocka_run_group_tests("dream", tests, n, NULL, NULL);
}
