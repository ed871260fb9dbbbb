/* tools.c - the tools that a model may call while it works on a candidate: one table. */
#include "runner/tools/tools.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "runner/brief/quote.h"
#include "runner/brief/schema.h"
#include "runner/tools/tool_work.h"

#define MOST_ANSWER 200000 /* bytes; tools keep far below it */

/* What a call must give; all else may be left out. */
static const char *const required[][3] = {
    { "policy_write", "source" }, { "policy_edit", "search", "replace" },
    { "ram_changes", "seeds" },   { "trace", "seed" },
    { "frames", "seed" },         { "replay_diff", "seed" },
    { "probe", "seed", "code" },  { "case_propose", "seed" },
    { "note", "text" },           { "notes_search", "words" },
    { "submit", "change" },
};

static const struct tool_nature natures[] = {
    { "task_info", "The task and its budgets", true },
    { "policy_read", "Read a policy, or take one up", false },
    { "policy_write", "Write the draft", false },
    { "policy_edit", "Edit the draft", false },
    { "check", "Check a policy", true },
    { "run_episodes", "Play episodes", false },
    { "failures", "Where the policy fails", true },
    { "trace", "An episode in numbers", true },
    { "frames", "An episode in pictures", true },
    { "replay_diff", "Where two policies part", true },
    { "probe", "Test a hypothesis on an episode", true },
    { "ram_changes", "See which values change with what", true },
    { "cases", "The regression cases", true },
    { "case_propose", "Propose a regression case", false },
    { "tune", "Tune parameters", false },
    { "note", "Keep a note", false },
    { "notes_search", "Search the notes", true },
    { "submit", "Submit the draft to the gate", false },
};

const struct tool_nature *tools_nature(const char *name)
{
    for (size_t i = 0; i < sizeof(natures) / sizeof(natures[0]); i++)
        if (!strcmp(natures[i].name, name))
            return &natures[i];
    return NULL;
}

/* Properties as the table has them, with ' for ". */
static json_t *make_schema(const char *properties, const char *more)
{
    char *text = xasprintf("{'type': 'object', 'properties': {%s%s}, "
                           "'additionalProperties': false}",
                           properties, more);
    json_t *schema;

    for (char *at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    schema = json_loads(text, 0, NULL);
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
    static struct tool_description list[TOOL_COUNT];

    *n = TOOL_COUNT;
    for (int i = 0; i < TOOL_COUNT && !list[i].schema; i++)
        list[i] = (struct tool_description){ tool_table[i].name, tool_table[i].about,
                                             input_schema(&tool_table[i]) };
    return list;
}

json_t *tools_output_schema(const char *name)
{
    static json_t *list[TOOL_COUNT];

    for (int i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(tool_table[i].name, name))
            continue;
        if (!list[i])
            list[i] = make_schema(
                tool_table[i].out,
                ", 'steps': {'type': 'object', 'properties': {'before': {'type': 'integer'}, "
                "'after': {'type': 'integer'}, 'left': {'type': 'integer'}, "
                "'planner': {'type': 'integer'}}}");
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

static int tools_count_steps(const struct tool_context *c, int64_t *sum, int64_t *planner,
                             struct error *err)
{
    struct ledger_steps steps;

    *sum = *planner = 0;
    if (ledger_count_steps(c->memo->ledger, c->memo->run, &steps, err) != 0)
        return -1;
    for (int i = 0; i < N_PURPOSES; i++) {
        *sum += steps.steps[i];
        *planner += steps.planner_steps[i];
    }
    return 0;
}

/* Puts the answer into words, with what it has cost. */
static void tools_finish(struct tool_work *w, int64_t before, int64_t after,
                         int64_t planner)
{
    int64_t left = w->c->memo->steps_left;
    json_t *steps = json_pack("{s:I, s:I}", "before", (json_int_t)before, "after",
                              (json_int_t)after);

    if (left != INT64_MAX)
        json_object_set_new(steps, "left", json_integer(left));
    if (w->c->memo->base.task->plan)
        json_object_set_new(steps, "planner", json_integer(planner));
    json_object_set_new(w->data, "steps", steps);
    w->out->text = json_dumps(w->data, JSON_COMPACT);
    if (!w->out->text || strlen(w->out->text) > MOST_ANSWER)
        tool_wrong(w, "the answer would be longer than %d bytes: ask for less",
                   MOST_ANSWER);
}

/* Arguments beside those that the schema names are refused: a model that guesses is
 * told. */
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

static enum memo_status tools_run_call(struct tool_work *w, const struct tool *t)
{
    int64_t before, planner_before, after, planner_after;
    double began;
    enum memo_status status;

    if (tools_count_steps(w->c, &before, &planner_before, w->err) != 0)
        return MEMO_FAILED;
    w->data = json_object();
    began = clock_now();
    status = t->run(w);
    if (status == MEMO_DONE && !w->out->is_error) {
        if (tools_count_steps(w->c, &after, &planner_after, w->err) != 0)
            status = MEMO_FAILED;
        else
            tools_finish(w, before, after, planner_after - planner_before);
        if (status == MEMO_DONE && after > before) {
            w->c->bench->seconds += clock_now() - began;
            w->c->bench->steps += after - before;
        }
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

    for (int i = 0; i < TOOL_COUNT; i++)
        fprintf(f, "%s%s",
                i == 0                ? ""
                : i == TOOL_COUNT - 1 ? " and "
                                      : ", ",
                tool_table[i].name);
    fclose(f);
    status = tool_refused(w, "asked for a tool that there is not",
                          "there is no tool \"%.100s\"; there are %s", w->call->name,
                          names);
    free(names);
    return status;
}

/* {"a": 1} as [{"name": "a", "value": 1}], which schemas of every vendor can say. */
static json_t *tools_name_values(json_t *given)
{
    json_t *list = json_array(), *value;
    const char *name;

    json_object_foreach(given, name, value)
        json_array_append_new(list, json_pack("{s:s, s:O}", "name", name, "value", value));
    return list;
}

/* Parameters come as lists of {name, value}, or as objects: the tools see lists. */
static void tools_list_params(json_t *arguments, bool are_sets)
{
    json_t *params = json_object_get(arguments, "params"),
           *first = json_array_get(params, 0);

    if (json_is_object(params)) {
        json_object_set_new(arguments, "params", tools_name_values(params));
        params = json_object_get(arguments, "params");
        first = json_array_get(params, 0);
    }
    if (!are_sets)
        return;
    if (json_is_string(json_object_get(first, "name"))) { /* one set, and no list round it */
        json_object_set_new(arguments, "params", json_pack("[O]", params));
        return;
    }
    for (size_t i = 0; i < json_array_size(params); i++)
        if (json_is_object(json_array_get(params, i)))
            json_array_set_new(params, i, tools_name_values(json_array_get(params, i)));
}

/* The arguments as the tools read them, the caller's: what is null is not there, for a
 * strict schema makes a model name every argument. */
static json_t *tools_arguments(const struct tool_call *call)
{
    json_t *copy = json_deep_copy(call->arguments), *value;
    const char *key;
    void *next;

    json_object_foreach_safe(copy, next, key, value)
        if (json_is_null(value))
            json_object_del(copy, key);
    if (strcmp(call->name, "tune"))
        tools_list_params(copy, !strcmp(call->name, "run_episodes"));
    return copy;
}

static enum memo_status tools_checked(struct tool_work *w, const struct tool *t,
                                      const json_t *schema)
{
    const char *unknown = unknown_key(schema, w->arguments);
    struct error why;

    if (unknown)
        return tool_refused(w, "asked for what a tool does not give",
                            "%s takes no argument \"%.100s\"", t->name, unknown);
    if (schema_check(schema, w->arguments, &why) != 0)
        return tool_wrong(w, "%s: %s", t->name, why.text);
    return tools_run_call(w, t);
}

enum memo_status tools_call(const struct tool_context *c, const struct tool_call *call,
                            struct tool_answer *out, struct error *err)
{
    struct tool_work w = { .c = c, .call = call, .out = out, .err = err };
    enum memo_status status;
    int n;

    *out = (struct tool_answer){ 0 };
    for (int i = 0; i < TOOL_COUNT; i++) {
        if (strcmp(tool_table[i].name, call->name))
            continue;
        if (!json_is_object(call->arguments))
            return tool_wrong(&w, "the arguments of %s are not a JSON object",
                              call->name);
        w.arguments = tools_arguments(call);
        status = tools_checked(&w, &tool_table[i], tools_describe(&n)[i].schema);
        json_decref(w.arguments);
        return status;
    }
    return no_such_tool(&w);
}
