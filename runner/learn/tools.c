/* tools.c - the tools that a model may call while it works on a candidate: one table. */
#include "runner/learn/tools.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/learn/quote.h"
#include "runner/learn/schema.h"
#include "runner/learn/tool_work.h"

#define MOST_DETAILS 400   /* bytes of an incident */
#define MOST_ANSWER 200000 /* bytes; tools keep far below it */

/* A row: description, schemas as JSON text, and what it does. `out` is the schema of the
 * answer's own properties; each answer has `steps`, too. */
struct tool {
    const char *name, *about, *in, *out;
    enum memo_status (*run)(struct tool_work *w);
};

#define TEXT(about) "{\"type\":\"string\",\"description\":\"" about "\"}"
#define TEXT_OF(max, about)                                    \
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":" #max \
    ",\"description\":\"" about "\"}"
#define COUNT(about) "{\"type\":\"integer\",\"minimum\":0,\"description\":\"" about "\"}"
#define FLAG(about) "{\"type\":\"boolean\",\"description\":\"" about "\"}"
#define SEED "\"seed\":" COUNT("index of a dev seed")
#define WHOSE                                                                                   \
    "\"policy\":{\"type\":\"string\",\"enum\":[\"draft\",\"current\"],\"description\":\"whose " \
    "episode; the draft is the default\"},\"iteration\":" COUNT(                                \
        "the candidate of that iteration in place of it (0: the start)")
#define SEEDS                                                                                      \
    "\"seeds\":{\"type\":\"array\",\"items\":{\"type\":\"integer\",\"minimum\":0},\"minItems\":1," \
    "\"maxItems\":64,\"description\":\"indexes of dev seeds\"}"
#define CHECKED                                                                                 \
    "\"ok\":{\"type\":\"boolean\"},\"fault\":{\"type\":\"string\"},\"unknown_globals\":"        \
    "{\"type\":\"string\"},\"bytes\":{\"type\":\"integer\"},\"tokens\":{\"type\":\"integer\"}," \
    "\"branches\":{\"type\":\"integer\"},\"params\":{\"type\":\"array\"}"
#define LIST "{\"type\":\"array\"}"
#define WORDS "{\"type\":\"string\"}"
#define NUMBER "{\"type\":\"number\"}"
#define WHOLE "{\"type\":\"integer\"}"

static const struct tool tools[] = {
    { "task_info",
      "The task: observation, actions, rules, limits, dev seeds, what is left of the budgets, "
      "and where the run stands. Costs no steps.",
      "\"guide\":" FLAG("with the whole text on how policies are written"),
      "\"task\":" WORDS ",\"iteration\":" WHOLE ",\"dev_seeds\":" WHOLE
      ",\"observation\":" WORDS ",\"fields\":" LIST ",\"actions\":" LIST
      ",\"limits\":{\"type\":\"object\"},\"about\":" WORDS ",\"guide\":" WORDS
      ",\"target\":{\"type\":[\"number\",\"null\"]},\"budget\":{\"type\":\"object\"}"
      ",\"current\":{\"type\":\"object\"}",
      tool_task_info },
    { "policy_read",
      "The source of your working draft (at first the current policy), or of an earlier "
      "iteration's candidate, with the list of those. Costs no steps.",
      "\"iteration\":" COUNT("the candidate of that iteration; 0: the start") ",\"from\":" COUNT(
          "first line, from 1") ",\"to\":" COUNT("last line"),
      "\"name\":" WORDS ",\"source\":" WORDS ",\"sha256\":" WORDS ",\"lines\":" WHOLE
      ",\"tokens\":" WHOLE ",\"candidates\":" LIST ",\"left_out\":" WORDS,
      tool_policy_read },
    { "policy_write",
      "Replaces the working draft by a whole Lua source and checks it. Costs no steps.",
      "\"source\":" TEXT_OF(262144, "a whole Lua source"), CHECKED, tool_policy_write },
    { "policy_edit",
      "Replaces a piece of the working draft, which must stand in it exactly once, to the "
      "letter, and checks the draft. Costs no steps.",
      "\"search\":" TEXT_OF(
          262144,
          "text as it stands in the draft") ",\"replace\":" TEXT("what takes its place"),
      CHECKED, tool_policy_edit },
    { "check",
      "Loads the draft, or a source of yours, in the jail: syntax, globals that nobody sets, "
      "limits of loading, declared parameters. Milliseconds; costs no steps.",
      "\"source\":" TEXT("a whole Lua source in place of the draft"), CHECKED,
      tool_check },
    { "run_episodes",
      "Plays episodes on dev seeds, with your draft (at first the current policy) or with a "
      "source of yours, once for each set of parameters, and gives mean, std and faults of "
      "each. Costs the steps of those episodes, unless they were played before.",
      SEEDS ",\"policy\":" TEXT(
          "a whole Lua source in place of the draft") ",\"params\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":64,\"items\":{\"type\":"
                                                      "\"object\",\"additionalProperties\":{\"type\":\"number\"}},\"description\":\"sets of "
                                                      "values for declared parameters\"}",
      "\"results\":" LIST ",\"episodes\":" LIST, tool_run_episodes },
    { "failures",
      "Where the current policy fails on the dev seeds, grouped by what the failures look "
      "like; with a group's number, the steps before its most telling one. Costs no steps.",
      "\"group\":" COUNT("number of a group"),
      "\"groups\":" LIST ",\"left_out\":" WORDS ",\"table\":" WORDS, tool_failures },
    { "trace",
      "Steps of an episode on a dev seed, a row each: observation, action, reward, events. "
      "Costs nothing for the current policy, one episode for a new draft.",
      SEED "," WHOSE ",\"from\":" COUNT("first step") ",\"to\":" COUNT(
          "last step") ",\"every\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"one row in so many "
                       "steps\"},\"fields\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"maxItems\":32,"
                       "\"description\":\"observation fields; those that are short lists by default\"},"
                       "\"notes\":" FLAG("with what the policy said by note()"),
      "\"columns\":" LIST ",\"rows\":" LIST ",\"return\":" NUMBER ",\"n_steps\":" WHOLE
      ",\"notes\":" LIST ",\"left_out\":" WORDS,
      tool_trace },
    { "frames",
      "A film strip of an episode on a dev seed, as a picture. Costs as trace does.",
      SEED
      "," WHOSE
      ",\"from\":" COUNT("first step; by default near the end") ",\"to\":" COUNT(
          "last step") ",\"panels\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":12}",
      "\"from\":" WHOLE ",\"to\":" WHOLE ",\"n_steps\":" WHOLE ",\"return\":" NUMBER,
      tool_frames },
    { "replay_diff",
      "Where two policies part on a dev seed: your draft and the current policy, or an "
      "earlier iteration's candidate. Costs as trace does.",
      SEED ",\"iteration\":" COUNT(
          "compare with the candidate of that iteration (0: the start)"),
      "\"parts_at\":{\"type\":[\"integer\",\"null\"]},\"draft\":{\"type\":\"object\"},\"other\":"
      "{\"type\":\"object\"},\"observation\":{\"type\":\"object\"},\"after\":" LIST,
      tool_replay_diff },
    { "probe",
      "Tests a hypothesis against a recorded episode: a piece of Lua is run at each of its "
      "steps with obs, step, action and reward in scope, in the jail; what it returns (other "
      "than nil) is listed. Costs no steps beyond those of trace.",
      SEED "," WHOSE ",\"code\":" TEXT_OF(
          16384,
          "the body of a function; return what is to be "
          "listed") ",\"setup\":{\"type\":\"string\",\"maxLength\":16384,\"description\":\"Lua that "
                    "is run once before, for local variables\"},\"from\":" COUNT(
                        "first step") ",\"to\":" COUNT("last step"),
      "\"said\":" LIST ",\"steps_seen\":" WHOLE ",\"fault\":" WORDS
      ",\"left_out\":" WORDS,
      tool_probe },
    { "cases",
      "The regression cases that a candidate must pass; with run, whether your draft does. "
      "Costs no steps, with run those from each case's take-over on and before.",
      "\"run\":" FLAG("run them on the draft"),
      "\"cases\":" LIST ",\"passed\":" WHOLE ",\"left_out\":" WORDS, tool_cases },
    { "case_propose",
      "Proposes a regression case: a failure of the current policy on a dev seed that your "
      "draft masters. It is proven here (the current policy fails, the draft passes) and "
      "enters the suite when the draft is promoted. Costs the steps of the proof.",
      SEED ",\"step\":" COUNT("near this step; by default the first failure"),
      "\"proven\":{\"type\":\"boolean\"},\"signature\":" WORDS ",\"step\":" WHOLE
      ",\"why\":" WORDS,
      tool_case_propose },
    { "tune",
      "Tunes declared parameters of the draft by CMA-ES on dev seeds and puts the best values "
      "into it. Costs generations x (popsize + 1) x seeds episodes.",
      SEEDS
      ",\"params\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,"
      "\"maxItems\":64,\"description\":\"names; all that have bounds by default\"},"
      "\"generations\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50},\"popsize\":"
      "{\"type\":\"integer\",\"minimum\":4,\"maximum\":63},\"apply\":" FLAG(
          "change the draft; true by default"),
      "\"before\":" NUMBER ",\"best\":" NUMBER
      ",\"values\":{\"type\":\"object\"},\"applied\":"
      "{\"type\":\"boolean\"},\"generations\":" WHOLE ",\"left_out\":" WORDS,
      tool_tune },
    { "note",
      "Keeps a note for later iterations and runs of this task: what was tried, what failed, "
      "and why.",
      "\"text\":" TEXT_OF(20000, "one or two sentences"),
      "\"kept\":{\"type\":\"boolean\"},\"cut_off\":{\"type\":\"boolean\"}", tool_note },
    { "notes_search",
      "Finds notes of this task by their words: yours, other models', and the harness's on "
      "every verdict.",
      "\"words\":{\"type\":\"string\",\"maxLength\":2000}",
      "\"notes\":" LIST ",\"about\":" WORDS, tool_notes_search },
    { "submit",
      "Hands your draft to the gate: regression cases, then the current policy on hidden "
      "seeds. It ends your turn; the verdict comes next.",
      "\"change\":" TEXT_OF(2000, "one line: what you changed and why"),
      "\"submitted\":{\"type\":\"boolean\"},\"iteration\":" WHOLE ",\"verdict\":" WORDS ",\"why\":" WORDS
      ",\"promoted\":{\"type\":\"boolean\"},\"dev_before\":" NUMBER ",\"dev_after\":" NUMBER, tool_submit },
};
#define N_TOOLS ((int)(sizeof(tools) / sizeof(tools[0])))

/* What a call must give; all else may be left out. */
static const char *const required[][3] = {
    { "policy_write", "source" }, { "policy_edit", "search", "replace" },
    { "run_episodes", "seeds" },  { "trace", "seed" },
    { "frames", "seed" },         { "replay_diff", "seed" },
    { "probe", "seed", "code" },  { "case_propose", "seed" },
    { "note", "text" },           { "notes_search", "words" },
    { "submit", "change" },
};

static json_t *make_schema(const char *properties, const char *more)
{
    char *text = xasprintf("{\"type\":\"object\",\"properties\":{%s%s},"
                           "\"additionalProperties\":false}",
                           properties, more);
    json_t *schema = json_loads(text, 0, NULL);

    free(text);
    return schema;
}

static json_t *input_schema(const struct tool *t)
{
    json_t *schema = make_schema(t->in, ""), *list = json_array();

    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++)
        for (int k = 1; k < 3 && !strcmp(required[i][0], t->name); k++)
            if (required[i][k])
                json_array_append_new(list, json_string(required[i][k]));
    if (json_array_size(list))
        json_object_set(schema, "required", list);
    json_decref(list);
    return schema;
}

const struct tool_description *tools_describe(int *n)
{
    static struct tool_description list[N_TOOLS];

    *n = N_TOOLS;
    for (int i = 0; i < N_TOOLS && !list[i].schema; i++)
        list[i] = (struct tool_description){ tools[i].name, tools[i].about,
                                             input_schema(&tools[i]) };
    return list;
}

json_t *tools_output_schema(const char *name)
{
    static json_t *list[N_TOOLS];

    for (int i = 0; i < N_TOOLS; i++) {
        if (strcmp(tools[i].name, name))
            continue;
        if (!list[i])
            list[i] = make_schema(
                tools[i].out,
                ",\"steps\":{\"type\":\"object\",\"properties\":{"
                "\"before\":{\"type\":\"integer\"},\"after\":{\"type\":"
                "\"integer\"},\"left\":{\"type\":[\"integer\",\"null\"]}}}");
        return list[i];
    }
    return NULL;
}

void workbench_clear(struct workbench *b)
{
    free(b->draft);
    free(b->change);
    *b = (struct workbench){ 0 };
}

void tool_answer_clear(struct tool_answer *a)
{
    for (int i = 0; i < a->n_images; i++) {
        free(a->images[i].png);
        free(a->images[i].caption);
    }
    free(a->images);
    free(a->text);
    *a = (struct tool_answer){ 0 };
}

static void set_text(struct tool_work *w, const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("the arguments are wrong");
    free(w->out->text);
    w->out->text = text;
    w->out->is_error = true;
}

enum memo_status tool_wrong(struct tool_work *w, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_text(w, format, args);
    va_end(args);
    return MEMO_DONE;
}

enum memo_status tool_refused(struct tool_work *w, const char *what, const char *format,
                              ...)
{
    char *arguments = w->call->arguments ? json_dumps(w->call->arguments, JSON_COMPACT)
                                         : xstrdup(w->call->raw ? w->call->raw : "");
    char *line, *details;
    va_list args;
    int status;

    va_start(args, format);
    set_text(w, format, args);
    va_end(args);
    line = xasprintf("%.60s(%s): %s", w->call->name, arguments, w->out->text);
    details = quote_line(line, MOST_DETAILS);
    status = ledger_incident_add(w->c->memo->ledger, w->c->memo->run, w->c->iteration,
                                 what, details, w->err);
    free(details);
    free(line);
    free(arguments);
    return status == 0 ? MEMO_DONE : MEMO_FAILED;
}

const char *tool_text(const struct tool_work *w, const char *key)
{
    return json_string_value(json_object_get(w->arguments, key));
}

int64_t tool_number(const struct tool_work *w, const char *key, int64_t otherwise)
{
    const json_t *value = json_object_get(w->arguments, key);

    return value ? json_integer_value(value) : otherwise;
}

bool tool_flag(const struct tool_work *w, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(w->arguments, key);

    return value ? json_is_true(value) : otherwise;
}

double tool_round(double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.6g", value);
    return strtod(text, NULL);
}

static int count_steps(const struct tool_context *c, int64_t *sum, struct error *err)
{
    struct ledger_steps steps;

    *sum = 0;
    if (ledger_count_steps(c->memo->ledger, c->memo->run, &steps, err) != 0)
        return -1;
    for (int i = 0; i < N_PURPOSES; i++)
        *sum += steps.steps[i] + steps.planner_steps[i];
    return 0;
}

/* Puts the answer into words, with what it has cost. */
static void finish(struct tool_work *w, int64_t before, int64_t after)
{
    int64_t left = w->c->memo->steps_left;
    json_t *steps = json_pack("{s:I, s:I, s:o}", "before", (json_int_t)before, "after",
                              (json_int_t)after, "left",
                              left == INT64_MAX ? json_null() : json_integer(left));

    json_object_set_new(w->data, "steps", steps);
    w->out->text = json_dumps(w->data, JSON_COMPACT);
    if (!w->out->text || strlen(w->out->text) > MOST_ANSWER)
        tool_wrong(w, "the answer would be longer than %d bytes: ask for less",
                   MOST_ANSWER);
}

/* Arguments beside those that the schema names are refused: a model that guesses is told.
 */
static const char *unknown_key(const json_t *schema, json_t *arguments)
{
    json_t *known = json_object_get(schema, "properties");
    const char *key;
    json_t *value;

    json_object_foreach(arguments, key, value)
        if (!json_object_get(known, key))
            return key;
    return NULL;
}

static enum memo_status run(struct tool_work *w, const struct tool *t)
{
    int64_t before, after;
    enum memo_status status;

    if (count_steps(w->c, &before, w->err) != 0)
        return MEMO_FAILED;
    w->data = json_object();
    status = t->run(w);
    if (status == MEMO_DONE && !w->out->is_error) {
        if (count_steps(w->c, &after, w->err) != 0)
            status = MEMO_FAILED;
        else
            finish(w, before, after);
    }
    json_decref(w->data);
    return status;
}

static enum memo_status no_such_tool(struct tool_work *w)
{
    char *names = NULL;
    size_t len;
    FILE *f = open_memstream(&names, &len);
    enum memo_status status;

    for (int i = 0; i < N_TOOLS; i++)
        fprintf(f, "%s%s",
                i == 0             ? ""
                : i == N_TOOLS - 1 ? " and "
                                   : ", ",
                tools[i].name);
    fclose(f);
    status = tool_refused(w, "asked for a tool that there is not",
                          "there is no tool \"%.100s\"; there are %s", w->call->name,
                          names);
    free(names);
    return status;
}

enum memo_status tools_call(const struct tool_context *c, const struct tool_call *call,
                            struct tool_answer *out, struct error *err)
{
    struct tool_work w = {
        .c = c, .call = call, .arguments = call->arguments, .out = out, .err = err
    };
    struct error why;
    const char *unknown;
    int n;

    *out = (struct tool_answer){ 0 };
    for (int i = 0; i < N_TOOLS; i++) {
        const json_t *schema = tools_describe(&n)[i].schema;
        if (strcmp(tools[i].name, call->name))
            continue;
        if (!json_is_object(call->arguments))
            return tool_wrong(&w, "the arguments of %s are not a JSON object",
                              call->name);
        unknown = unknown_key(schema, call->arguments);
        if (unknown)
            return tool_refused(&w, "asked for what a tool does not give",
                                "%s takes no argument \"%.100s\"", call->name, unknown);
        if (schema_check(schema, call->arguments, &why) != 0)
            return tool_wrong(&w, "%s: %s", call->name, why.text);
        return run(&w, &tools[i]);
    }
    return no_such_tool(&w);
}
