/* cmd_dream.c - `ratchet dream`: the offline pass over what runs left behind. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/brief/quote.h"
#include "runner/cmd/cmd.h"
#include "runner/dream/dream.h"
#include "runner/experiment/dream_measure.h"
#include "runner/home/opened_run.h"
#include "runner/model/model.h"
#include "runner/model/recorder.h"

#define MOST_TEXT 400
#define MAX_TOKENS 40000

struct dream {
    struct setup *setup;
    struct run_options runs; /* max_tokens: of a dream; the rest of a measurement's runs */
    char *lib;
    int is_dry, is_measure, repeats, seeds;

    struct opened_run *o; /* its ledger alone */
    struct provider provider;
    char *policies;
    json_t *tasks;
};

static void print_line(const char *sign, const char *head, const char *text)
{
    scoped char *line = quote_line(text, MOST_TEXT);

    say("%s%s%s%s", sign, sign[0] ? " " : "", head, line);
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
                             d->is_dry, "model", d->runs.model ? d->runs.model : "", "tasks",
                             out->tasks, "cases", out->cases, "broken", out->broken);

    json_object_set_new(json, "tokens",
                        out->tokens < 0 ? json_null() : json_integer(out->tokens));
    json_object_set_new(json, "usd", json_finite(out->usd));
    json_object_set_new(json, "estimated",
                        json_string(out->is_estimated ? "yes" : "no"));
    return json;
}

static void dream_print(const struct dream *d, const struct dream_outcome *out)
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

static int dream(struct dream *d, struct error *err)
{
    struct dream_config config = {
        .ledger = d->o->ledger,
        .setup = d->setup,
        .provider = d->provider.kind ? &d->provider : NULL,
        .model = d->runs.model ? d->runs.model : "",
        .policies = d->policies,
        .lib = d->lib,
        .max_tokens = d->runs.max_tokens,
        .is_dry = d->is_dry,
    };
    struct dream_outcome out;
    int status = dream_run(&config, d->tasks, &out, err) == 0 ? EXIT_DONE : EXIT_FAILED;

    if (status == EXIT_DONE) {
        if (d->setup->json)
            say_result(json_of(d, &out));
        else
            dream_print(d, &out);
        status = cmd_done();
        if (out.broken) {
            error_set(err, "dream: %.600s fails; the whole dream is undone", out.broken);
            status = EXIT_FAILED;
        }
    }
    dream_outcome_clear(&out);
    return status;
}

/* A dream is told by those that answer a text with a text; any provider is measured. */
static int dream_check_model(const struct dream *d, struct error *err)
{
    static const char *const talking[] = { "openai", "responses", "anthropic", "files",
                                           "recorded" };
    const struct provider_kind *kind;

    if (!d->runs.model)
        return 0;
    if (provider_check(d->runs.model, err) != 0)
        return -1;
    kind = provider_find(d->runs.model);
    for (size_t i = 0; i < sizeof(talking) / sizeof(talking[0]); i++)
        if (d->is_measure || !strcmp(kind->name, talking[i]))
            return 0;
    return error_set(err,
                     "%s: cannot dream; openai, anthropic, files and recorded can, "
                     "and without --model statistics do",
                     d->runs.model);
}

static int open_model(struct dream *d, struct error *err)
{
    struct provider_config config = { .folder = NULL,
                                      .interrupted = d->setup->interrupted,
                                      .is_quiet = d->setup->json,
                                      .max_tokens = (int)(d->runs.max_tokens / 4) };
    struct recorder_header header = { .model = d->runs.model, .brief_format = "dream" };
    char *folder = logs_path("dream");
    int status = file_make_folders(folder, err);

    config.folder = folder;
    if (status == 0)
        status = provider_open(&d->provider, d->runs.model, config, err);
    free(folder);
    if (status == 0 && d->runs.record)
        status = recorder_wrap(&d->provider, d->runs.record, &header, false, err);
    return status;
}

/* The tasks that were named, or all; those named must have runs. */
static int choose_tasks(struct dream *d, const char **args, struct error *err)
{
    json_t *rows = ledger_dream_tasks(d->o->ledger, err);

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
            error_set(err, "%s: no run of this task is in %s", args[k], d->o->ledger_path);
            json_decref(rows);
            return -1;
        }
    }
    json_decref(rows);
    return rows ? 0 : -1;
}

static int dream_prepare(struct dream *d, struct call *c)
{
    d->policies = find_shipped(".");
    d->o->only_reads = d->is_dry;
    if (!d->lib)
        d->lib = xasprintf("%s/lib", d->policies ? d->policies : "policies");
    if (call_plugins(c) != 0 || call_ledger(c) != 0 ||
        (!d->is_measure && choose_tasks(d, c->args, &c->err) != 0))
        return -1;
    return d->runs.model && !d->is_measure ? open_model(d, &c->err) : 0;
}

static int dream_measure_task(struct dream *d, const char *task, struct error *err)
{
    struct run_options runs = d->runs;
    struct dream_measure m = { .setup = d->setup,
                               .ledger = d->o->ledger,
                               .task = task,
                               .model = d->runs.model ? d->runs.model : "search",
                               .options = &runs,
                               .repeats = d->repeats,
                               .seeds = d->seeds };

    runs.max_tokens = 0;
    return dream_measure(&m, err) == 0 ? cmd_done() : EXIT_FAILED;
}

/* What does not go together; NULL when it does. */
static const char *dream_find_misuse(const struct dream *d, const char **args)
{
    if (d->runs.max_tokens < 1000 || d->runs.max_tokens > 10000000)
        return "dream: --max-tokens is 1000 to 10000000";
    if (d->is_measure && (!args[0] || args[1]))
        return "dream: --measure needs one TASK";
    if (d->is_measure && (d->is_dry || d->runs.record))
        return "dream: --measure dreams nothing: neither --dry-run nor --record goes with it";
    if (!d->is_measure && (d->runs.policy || d->runs.out || d->runs.iterations || d->runs.max_steps))
        return "dream: --policy, --out, --iterations and --max-steps go with --measure";
    return NULL;
}

/* clang-format off */
static const struct option options[] = {
    { "model", 'm', TEXT_IN(dream, runs.model), "PROVIDER[:NAME]",
      "who dreams: openai, anthropic, files, recorded (default: statistics)" },
    { "dry-run", '\0', FLAG_IN(dream, is_dry), NULL,
      "show what would change, and write nothing" },
    { "lib", '\0', TEXT_IN(dream, lib), "DIR",
      "the folder of skills (default: policies/lib)" },
    { "max-tokens", '\0', COUNT_IN(dream, runs.max_tokens), "N",
      "tokens that a task may cost; what does not fit is left for the next dream "
      "(default: 40000)" },
    { "record", '\0', TEXT_IN(dream, runs.record), "FILE",
      "keep the model's replies as a session, for --model recorded:FILE" },
    { "measure", '\0', FLAG_IN(dream, is_measure), NULL,
      "measure what the dreamt memory is worth: improve with it and without it, by "
      "--model (default: search)" },
    { "repeats", 'r', INT_IN(dream, repeats), "R",
      "--measure: pairs of runs (default: 3)" },
    { "seeds", '\0', INT_IN(dream, seeds), "N",
      "--measure: fresh seeds for each score (default: 50)" },
    { "policy", 'p', TEXT_IN(dream, runs.policy), "FILE.lua",
      "--measure: start from this policy" },
    { "iterations", 'n', INT_IN(dream, runs.iterations), "N",
      "--measure: stop each run after so many candidates" },
    { "max-steps", '\0', COUNT_IN(dream, runs.max_steps), "N",
      "--measure: stop each run after so many steps" },
    { "out", 'o', TEXT_IN(dream, runs.out), "DIR",
      "--measure: the folder of the runs (default: a new one in logs/); one that was cut "
      "short goes on" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

static int exec_dream(struct call *c)
{
    struct dream *d = c->state;
    const char *misuse = dream_find_misuse(d, c->args);
    int status = EXIT_FAILED;

    d->setup = &c->setup;
    d->o = c->opened;
    if (misuse) {
        error_set(&c->err, "%s", misuse);
        return EXIT_USAGE;
    }
    if (dream_check_model(d, &c->err) != 0)
        return EXIT_USAGE;
    if (dream_prepare(d, c) == 0)
        status = d->is_measure ? dream_measure_task(d, c->args[0], &c->err)
                               : dream(d, &c->err);
    provider_clear(&d->provider);
    json_decref(d->tasks);
    free(d->policies);
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
    .options = options,
    .size = sizeof(struct dream),
    .initial =
        &(const struct dream){ .runs.max_tokens = MAX_TOKENS, .repeats = 3, .seeds = 50 },
    .n_max = -1,
    .exec = exec_dream,
};
