/* as_recorded.c - a run that plays a recorded session with all that the first run rested
 * on. */
#include "runner/experiment/as_recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/json.h"
#include "base/scoped.h"
#include "runner/record/ledger/ledger_rows.h"

static const char recorded[] = "recorded:";

/* Budgets say when a run ends, not what comes of a reply. */
static bool as_recorded_is_same_task(const json_t *a, const json_t *b)
{
    json_auto_t *mine = json_copy((json_t *)a), *its = json_copy((json_t *)b);

    json_object_del(mine, "budget");
    json_object_del(its, "budget");
    return json_equal(mine, its);
}

static void as_recorded_compare(struct as_recorded *a, const struct task *task,
                                const char *start_source)
{
    const struct session_file *f = &a->file;
    const char *start = json_string_value(
        json_object_get(session_file_run(f, "start"), "source"));
    scoped char *text = NULL;
    json_auto_t *mine = task_to_json(task), *read_back = NULL;

    /* As it would be read: 1 and 1.0 are one number in a file, and two in jansson. */
    text = json_dumps(mine, JSON_COMPACT);
    read_back = json_loads(text, 0, NULL);
    if (f->format < 2)
        snprintf(a->why_not, sizeof(a->why_not), "it is of format 1, which kept none");
    else if (!session_file_salt(f))
        snprintf(a->why_not, sizeof(a->why_not), "its run had not ended");
    else if (!as_recorded_is_same_task(session_file_run(f, "task"), read_back))
        snprintf(a->why_not, sizeof(a->why_not), "it was recorded in another task");
    else if (!start || strcmp(start, start_source))
        snprintf(a->why_not, sizeof(a->why_not),
                 "it was recorded from another start policy");
    else if (json_integer_value(session_file_run(f, "env_version")) !=
                 (json_int_t)task->env->version ||
             session_file_chance(f) != CHANCE_VERSION)
        snprintf(a->why_not, sizeof(a->why_not),
                 "it was recorded in version %lld of %s (chance %lld), this is version %u "
                 "(chance %d)",
                 (long long)json_integer_value(session_file_run(f, "env_version")),
                 task->env->name, (long long)session_file_chance(f), task->env->version,
                 CHANCE_VERSION);
    else
        a->is_same = true;
}

static void read_ordinals(struct as_recorded *a)
{
    for (size_t i = 0; i < json_array_size(a->file.outcomes); i++) {
        const json_t *outcome = json_object_get(json_array_get(a->file.outcomes, i),
                                                "outcome");
        json_int_t at = json_integer_value(json_object_get(outcome, "iteration"));
        if (at < 1 || at > a->n_ordinals + 1)
            continue;
        if (at > a->n_ordinals)
            a->ordinals = xrealloc(a->ordinals,
                                   sizeof(*a->ordinals) * (size_t)++a->n_ordinals);
        a->ordinals[at - 1] = json_integer_value(json_object_get(outcome, "ordinal"));
    }
}

int as_recorded_open(struct as_recorded *a, const char *model, const struct task *task,
                     const char *start_source, struct error *err)
{
    if (strncmp(model, recorded, strlen(recorded)))
        return 0;
    if (session_file_load(&a->file, model + strlen(recorded), err) != 0)
        return -1;
    as_recorded_compare(a, task, start_source);
    read_ordinals(a);
    return 0;
}

int as_recorded_salt(struct as_recorded *a, struct salt *salt, const char *path,
                     bool wants_fresh, struct error *err)
{
    int found = salt_find(salt, path, err);

    if (found == 1 && wants_fresh)
        return error_set(err, "%s: a salt lies there already; --fresh-salt draws one",
                         path);
    if (found == 0 && a->is_same && !wants_fresh) {
        salt_set(salt, session_file_salt(&a->file));
        found = salt_save(salt, path, err) == 0 ? 1 : -1;
    } else if (found == 0) {
        found = salt_open(salt, path, err) == 0 ? 1 : -1;
    }
    if (found != 1)
        return -1;
    a->is_used = a->is_same && !strcmp(salt->hex, session_file_salt(&a->file));
    return 0;
}

void as_recorded_limit(struct as_recorded *a, struct provider *p)
{
    json_int_t most = json_integer_value(session_file_run(&a->file, "most_turns"));

    if (!a->is_used || most < 1)
        return;
    a->kind = *p->kind;
    a->kind.most_turns = (int)most;
    p->kind = &a->kind;
}

int as_recorded_brief(const struct as_recorded *a)
{
    const char *text = json_get_text(a->file.header, "brief_format");
    int format = atoi(text);

    return !a->file.header ? BRIEF_FORMAT
           : format >= 1 && format <= BRIEF_FORMAT ? format
                                                   : 1;
}

void as_recorded_loop(const struct as_recorded *a, struct loop_config *config)
{
    if (!a->is_used)
        return;
    config->memory = (json_t *)session_file_run(&a->file, "memory");
    config->ordinals = a->ordinals;
    config->n_ordinals = a->n_ordinals;
}

void as_recorded_clear(struct as_recorded *a)
{
    session_file_clear(&a->file);
    free(a->ordinals);
    *a = (struct as_recorded){ 0 };
}

json_t *as_recorded_run(const struct loop_config *config, const struct provider *p,
                        struct error *err)
{
    const struct task *task = config->base.task;
    struct session_run run = {
        .task = json_loads(config->run->task, 0, NULL),
        .memory = config->memory
                      ? json_incref(config->memory)
                      : loop_memory(config->ledger, task->name, config->run->id, err),
        .start_name = config->start_name,
        .start_source = config->start_source,
        .salt_sha256 = config->salt->sha256,
        .seed = config->run->seed,
        .env_version = (int)task->env->version,
        .chance = CHANCE_VERSION,
        .most_turns = p->kind->most_turns ? p->kind->most_turns : LOOP_MOST_TURNS,
    };
    json_t *json = run.memory ? session_run_to_json(&run) : NULL;

    if (run.memory && !json)
        error_set(err, "%s: not UTF-8, so that it cannot be recorded",
                  config->start_name);
    json_decref(run.task);
    json_decref(run.memory);
    return json;
}

json_t *as_recorded_retired(struct ledger *l, int64_t run, struct error *err)
{
    struct ledger_cases all;
    int n = ledger_cases(l, run, CASE_retired, &all, err);
    json_t *rows = n < 0 ? NULL : json_array();

    for (int i = 0; i < n; i++)
        json_array_append_new(rows, json_pack("{s:I, s:s}", "iteration",
                                              (json_int_t)all.list[i].iteration, "name",
                                              all.list[i].name));
    ledger_cases_clear(&all);
    return rows;
}
