/* cmd_dream.c - `ratchet dream`: the offline pass over what runs left behind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "runner/brief/quote.h"
#include "runner/dream/dream.h"
#include "runner/experiment/dream_measure.h"
#include "runner/home/opened_run.h"
#include "runner/model/model.h"
#include "runner/model/recorder.h"

#define MOST_TEXT 400
#define MAX_TOKENS 40000

struct dream {
    struct common common;
    char *model, *lib, *record, *policy, *out;
    int is_dry, is_measure, repeats, seeds, iterations;
    long long max_tokens, max_steps;

    struct opened_run o; /* its ledger alone */
    struct provider provider;
    char *policies;
    json_t *tasks;
};

static void print_line(const char *sign, const char *head, const char *text)
{
    char *line = quote_line(text, MOST_TEXT);

    say("%s%s%s%s", sign, sign[0] ? " " : "", head, line);
    free(line);
}

static void print_evidence(const json_t *row)
{
    const json_t *list = json_object_get(row, "evidence");

    for (size_t i = 0; i < json_array_size(list); i++)
        say("%s%s", i ? " " : " [", json_string_value(json_array_get(list, i)));
    say(json_array_size(list) ? "]\n" : "\n");
}

static void print_sentences(const json_t *list, const char *head)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *was = json_object_get(one, "was");
        for (size_t k = 0; k < json_array_size(was); k++) {
            print_line("-", head, json_string_value(json_array_get(was, k)));
            putchar('\n');
        }
        print_line("+", head, json_get_text(one, "text"));
        print_evidence(one);
    }
}

static void print_plan(const json_t *plan)
{
    const json_t *retired = json_object_get(plan, "retired");
    const json_t *skills = json_object_get(plan, "skills");
    const json_t *refused = json_object_get(plan, "refused");
    const json_t *read = json_object_get(plan, "read");
    json_int_t left = json_integer_value(json_object_get(read, "left"));

    say("%s: read %lld notes and %lld candidates\n", json_get_text(plan, "task"),
        (long long)json_integer_value(json_object_get(read, "notes")),
        (long long)json_integer_value(json_object_get(read, "candidates")));
    print_sentences(json_object_get(plan, "notes"), "");
    for (size_t i = 0; i < json_array_size(retired); i++) {
        const json_t *one = json_array_get(retired, i);
        print_line("-", "", json_get_text(one, "text"));
        print_line("\n   ", "contradicted: ", json_get_text(one, "why"));
        print_evidence(one);
    }
    print_sentences(json_object_get(plan, "failed"), "failed: ");
    print_sentences(json_object_get(plan, "values"), "");
    for (size_t i = 0; i < json_array_size(skills); i++) {
        const json_t *one = json_array_get(skills, i);
        say("+ skill %s, proven by %zu cases: ", json_get_text(one, "name"),
            json_array_size(json_object_get(one, "cases")));
        print_line("", "", json_get_text(one, "text"));
        print_evidence(one);
    }
    for (size_t i = 0; i < json_array_size(refused); i++) {
        const json_t *one = json_array_get(refused, i);
        say("refused (%s: %s): ", json_get_text(one, "what"), json_get_text(one, "why"));
        print_line("", "", json_get_text(one, "text"));
        putchar('\n');
    }
    if (left)
        say("%lld notes are left for the next dream: --max-tokens is used up\n",
            (long long)left);
}

static json_t *json_of(const struct dream *d, const struct dream_outcome *out)
{
    json_t *json = json_pack("{s:o, s:b, s:s, s:O, s:i, s:s?}", "dream",
                             out->id ? json_integer(out->id) : json_null(), "dry_run",
                             d->is_dry, "model", d->model ? d->model : "", "tasks",
                             out->tasks, "cases", out->cases, "broken", out->broken);

    json_object_set_new(json, "tokens",
                        out->tokens < 0 ? json_null() : json_integer(out->tokens));
    json_object_set_new(json, "usd", json_finite(out->usd));
    return json;
}

static void print(const struct dream *d, const struct dream_outcome *out)
{
    size_t n = json_array_size(out->tasks);

    for (size_t i = 0; i < n; i++)
        print_plan(json_array_get(out->tasks, i));
    if (!n)
        puts("nothing to read: no run has left anything since the last dream");
    else if (d->is_dry && !out->broken)
        say("\n%d cases pass; a dry run: nothing was written\n", out->cases);
    else if (!out->broken)
        say("\ndream %lld is kept; %d cases pass\n", (long long)out->id, out->cases);
}

static int dream(struct dream *d, struct app *app, struct error *err)
{
    struct policy nothing = { .name = "", .source = "" };
    struct dream_config config = {
        .ledger = d->o.ledger,
        .envs = &app->envs,
        .base = common_evaluation(app, &d->common, NULL, &nothing),
        .provider = d->provider.kind ? &d->provider : NULL,
        .model = d->model ? d->model : "",
        .policies = d->policies,
        .lib = d->lib,
        .max_tokens = d->max_tokens,
        .is_dry = d->is_dry,
    };
    struct dream_outcome out;
    int status = dream_run(&config, d->tasks, &out, err) == 0 ? EXIT_DONE : EXIT_FAILED;

    if (status == EXIT_DONE) {
        if (d->common.json)
            cmd_print_json(json_of(d, &out));
        else
            print(d, &out);
        status = cmd_done();
        if (out.broken) {
            error_set(err, "dream: %.600s fails; the whole dream is undone", out.broken);
            status = EXIT_FAILED;
        }
    }
    dream_outcome_clear(&out);
    return status;
}

/* Those that answer a text with a text. */
static int open_model(struct dream *d, struct app *app, struct error *err)
{
    static const char *const talking[] = { "openai", "responses", "anthropic", "files",
                                           "recorded" };
    struct provider_config config = { .folder = NULL,
                                      .interrupted = app->interrupted,
                                      .is_quiet = d->common.json,
                                      .max_tokens = (int)(d->max_tokens / 4) };
    struct recorder_header header = { .model = d->model, .brief_format = "dream" };
    char *folder;
    int status = -1;

    for (size_t i = 0; i < sizeof(talking) / sizeof(talking[0]); i++) {
        size_t len = strlen(talking[i]);
        if (!strncmp(d->model, talking[i], len) &&
            (!d->model[len] || d->model[len] == ':'))
            status = 0;
    }
    if (status != 0)
        return error_set(err,
                         "%s: cannot dream; openai, anthropic, files and recorded can, "
                         "and without --model statistics do",
                         d->model);
    folder = logs_path("dream");
    config.folder = folder;
    status = file_make_folders(folder, err);
    if (status == 0)
        status = provider_open(&d->provider, d->model, config, err);
    free(folder);
    if (status == 0 && d->record)
        status = recorder_wrap(&d->provider, d->record, &header, false, err);
    return status;
}

/* The tasks that were named, or all; those named must have runs. */
static int choose_tasks(struct dream *d, const char **args, struct error *err)
{
    json_t *rows = ledger_dream_tasks(d->o.ledger, err);

    d->tasks = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_t *name = json_object_get(json_array_get(rows, i), "task");
        bool is_asked = !args[0];
        for (int k = 0; args[k]; k++)
            is_asked |= json_is_string(name) && !strcmp(json_string_value(name), args[k]);
        if (is_asked && json_is_string(name))
            json_array_append(d->tasks, name);
    }
    for (int k = 0; rows && args[k]; k++) {
        bool has = false;
        for (size_t i = 0; i < json_array_size(d->tasks); i++)
            has |= !strcmp(json_string_value(json_array_get(d->tasks, i)), args[k]);
        if (!has) {
            error_set(err, "%s: no run of this task is in %s", args[k], d->o.ledger_path);
            json_decref(rows);
            return -1;
        }
    }
    json_decref(rows);
    return rows ? 0 : -1;
}

static void clear(struct dream *d)
{
    provider_clear(&d->provider);
    opened_run_clear(&d->o);
    common_clear(&d->common);
    json_decref(d->tasks);
    free(d->policies);
    free(d->model);
    free(d->lib);
    free(d->record);
    free(d->policy);
    free(d->out);
}

static int prepare(struct dream *d, struct app *app, const char **args, struct error *err)
{
    d->policies = find_shipped(".");
    d->o.only_reads = d->is_dry;
    if (!d->lib)
        d->lib = xasprintf("%s/lib", d->policies ? d->policies : "policies");
    if (common_plugins(app, &d->common, err) != 0 || opened_ledger(&d->o, err) != 0 ||
        (!d->is_measure && choose_tasks(d, args, err) != 0))
        return -1;
    return d->model && !d->is_measure ? open_model(d, app, err) : 0;
}

static int measure(struct dream *d, struct app *app, const char *task, struct error *err)
{
    struct dream_measure m = { .app = app,
                               .common = &d->common,
                               .ledger = d->o.ledger,
                               .task = task,
                               .model = d->model ? d->model : "search",
                               .policy = d->policy,
                               .folder = d->out,
                               .repeats = d->repeats,
                               .seeds = d->seeds,
                               .iterations = d->iterations,
                               .max_steps = d->max_steps };

    return dream_measure(&m, err) == 0 ? cmd_done() : EXIT_FAILED;
}

/* What does not go together; NULL when it does. */
static const char *find_misuse(const struct dream *d, const char **args)
{
    if (d->max_tokens < 1000 || d->max_tokens > 10000000)
        return "dream: --max-tokens is 1000 to 10000000";
    if (d->is_measure && (!args[0] || args[1]))
        return "dream: --measure needs one TASK";
    if (d->is_measure && (d->is_dry || d->record))
        return "dream: --measure dreams nothing: neither --dry-run nor --record goes with it";
    if (!d->is_measure && (d->policy || d->out || d->iterations || d->max_steps))
        return "dream: --policy, --out, --iterations and --max-steps go with --measure";
    return NULL;
}

static int main_dream(const struct command *self, struct app *app, int argc,
                      const char **argv)
{
    struct dream d = {
        .max_tokens = MAX_TOKENS, .repeats = 3, .seeds = 50, .o = { .lock = -1 }
    };
    struct error err = { "" };
    const char *misuse;
    int status;
    struct poptOption options[] = {
        { "model", 'm', POPT_ARG_STRING, &d.model, 0,
          "who dreams: openai, anthropic, files, recorded (default: statistics)",
          "PROVIDER[:NAME]" },
        { "dry-run", '\0', POPT_ARG_NONE, &d.is_dry, 0,
          "show what would change, and write nothing", NULL },
        { "lib", '\0', POPT_ARG_STRING, &d.lib, 0,
          "the folder of skills (default: policies/lib)", "DIR" },
        { "max-tokens", '\0', POPT_ARG_LONGLONG, &d.max_tokens, 0,
          "tokens that a task may cost; what does not fit is left for the next dream "
          "(default: 40000)",
          "N" },
        { "record", '\0', POPT_ARG_STRING, &d.record, 0,
          "keep the model's replies as a session, for --model recorded:FILE", "FILE" },
        { "measure", '\0', POPT_ARG_NONE, &d.is_measure, 0,
          "measure what the dreamt memory is worth: improve with it and without it, by "
          "--model (default: search)",
          NULL },
        { "repeats", 'r', POPT_ARG_INT, &d.repeats, 0,
          "--measure: pairs of runs (default: 3)", "R" },
        { "seeds", '\0', POPT_ARG_INT, &d.seeds, 0,
          "--measure: fresh seeds for each score (default: 50)", "N" },
        { "policy", 'p', POPT_ARG_STRING, &d.policy, 0,
          "--measure: start from this policy", "FILE.lua" },
        { "iterations", 'n', POPT_ARG_INT, &d.iterations, 0,
          "--measure: stop each run after so many candidates", "N" },
        { "max-steps", '\0', POPT_ARG_LONGLONG, &d.max_steps, 0,
          "--measure: stop each run after so many steps", "N" },
        { "out", 'o', POPT_ARG_STRING, &d.out, 0,
          "--measure: the folder of the runs (default: a new one in logs/); one that was cut "
          "short goes on",
          "DIR" },
        JOBS_TABLE(d.common),
        COMMON_TABLE(d.common),
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, -1, &status);

    if (!args)
        return status;
    status = EXIT_FAILED;
    misuse = find_misuse(&d, args);
    if (misuse) {
        error_set(&err, "%s", misuse);
        status = EXIT_USAGE;
    } else if (prepare(&d, app, args, &err) == 0) {
        status = d.is_measure ? measure(&d, app, args[0], &err) : dream(&d, app, &err);
    }
    if (status != EXIT_DONE && err.text[0])
        cmd_fail(status, &err);
    clear(&d);
    cmd_free_args(args);
    return status;
}

const struct command cmd_dream = {
    .name = "dream",
    .args = "[TASK...]",
    .about = "tidy what runs left behind: notes, failed directions, skills",
    .details =
        "Reads what came into the ledger since the last dream and, by a model or by statistics,\n"
        "merges notes, retires those that later verdicts contradict, names directions that failed,\n"
        "and lifts functions that served in several promoted policies into policies/lib, with the\n"
        "cases that need them. Every sentence names the iterations it rests on (RUN:ITERATION);\n"
        "nothing is deleted, only superseded. Runs that begin later see it in their briefs. A dream\n"
        "after which any case fails is undone as a whole.\n"
        "--measure improves in pairs of runs, with the dreamt memory and without it, from the same\n"
        "start, with the same hidden seeds and budgets, in ledgers of their own.",
    .example =
        "ratchet dream --dry-run\n"
        "ratchet dream breakout --model openai:MODEL\n"
        "ratchet dream --measure breakout --model openai:MODEL --iterations 5",
    .run = main_dream,
};
