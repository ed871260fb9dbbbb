/* reproduce_run.c - a run of the ledger as a session, and its episodes beside those of
 * the run that plays it again. */
#include "runner/experiment/reproduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/file.h"
#include "envs/episode.h"
#include "runner/model/model.h"

void parting_set(struct parting *p, int64_t iteration, const char *what, const char *was,
                 const char *is)
{
    if (p->is_found)
        return;
    p->is_found = true;
    p->iteration = iteration;
    snprintf(p->what, sizeof(p->what), "%s", what);
    snprintf(p->was, sizeof(p->was), "%s", was);
    snprintf(p->is, sizeof(p->is), "%s", is);
}

static int put_line(FILE *f, json_t *line)
{
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    int status = text && fprintf(f, "%s\n", text) > 0 ? 0 : -1;

    free(text);
    json_decref(line);
    return status;
}

static json_t *header_of(struct opened_run *o, struct error *err)
{
    const struct provider_kind *kind = provider_find(o->run.model);
    struct session_run run = {
        .task = json_loads(o->run.task, 0, NULL),
        .memory = loop_memory(o->ledger, o->task->name, o->run.id, err),
        .start_name = file_name(o->run.start_policy),
        .salt_sha256 = o->run.salt_sha256,
        .seed = o->run.seed,
        .env_version = (int)o->task->env->version, /* those of the run, or unknown */
        .chance = CHANCE_VERSION,
        .most_turns = kind && kind->most_turns ? kind->most_turns : LOOP_MOST_TURNS,
    };
    char *source = ledger_source_get(o->ledger, o->run.start_sha256, err);
    json_t *json = NULL, *line = NULL;

    run.start_source = source;
    if (source && run.memory)
        json = session_run_to_json(&run);
    if (json) {
        const char *sha = json_string_value(
            json_object_get(json_object_get(json, "start"), "sha256"));
        if (strcmp(sha, o->run.start_sha256))
            error_set(err,
                      "%s: the start policy in its ledger is not the one with the hash "
                      "%.16s...: it was altered",
                      o->run.name, o->run.start_sha256);
        else
            line = json_pack("{s:i, s:s, s:O}", "ratchet_session", SESSION_FORMAT,
                             "model", o->run.model, "run", json);
    }
    json_decref(json);
    json_decref(run.task);
    json_decref(run.memory);
    free(source);
    return line;
}

/* The turns of the iterations up to `to`; each must have some. */
static int put_turns(struct opened_run *o, FILE *f, int64_t to, struct error *err)
{
    json_t *rows = ledger_query(o->ledger,
                                "SELECT iteration, turn, reply FROM call WHERE run=? AND"
                                " reply IS NOT NULL ORDER BY iteration, turn",
                                o->run.id, err),
           *row;
    int64_t last = 0;
    int status = rows ? 0 : -1;
    size_t i;

    json_array_foreach(rows, i, row) {
        json_int_t iteration = json_integer_value(json_object_get(row, "iteration"));
        const char *text = json_string_value(json_object_get(row, "reply"));
        json_t *reply = text ? json_loads(text, 0, NULL) : NULL;
        if (status != 0 || iteration > to || iteration > last + 1) {
            json_decref(reply);
            continue;
        }
        last = iteration;
        if (!reply)
            status = error_set(err, "%s: the reply of iteration %lld is no JSON",
                               o->run.name, (long long)iteration);
        else
            status = put_line(f, json_pack("{s:s, s:I, s:O, s:o}", "request", "ledger",
                                           "iteration", iteration, "turn",
                                           json_object_get(row, "turn"), "reply", reply));
    }
    if (status == 0 && last < to)
        status = error_set(err,
                           "%s: its ledger keeps no reply of iteration %lld: without it "
                           "the run cannot be played again",
                           o->run.name, (long long)last + 1);
    json_decref(rows);
    return status;
}

static json_t *query_outcomes(struct opened_run *o, struct error *err)
{
    return ledger_query(o->ledger,
                        "SELECT iteration, verdict, pairs, dev_after AS dev, difference,"
                        " low, high, sha256 AS candidate, cases_passed, cases, details"
                        " FROM candidate WHERE run=? ORDER BY iteration",
                        o->run.id, err);
}

int reproduce_export(struct opened_run *o, const char *path, struct error *err)
{
    json_t *rows = query_outcomes(o, err), *row, *outcome = NULL, *header = NULL;
    char *text = NULL;
    size_t size, i;
    FILE *f = open_memstream(&text, &size);
    int status = -1;

    if (rows && json_array_size(rows) == 0)
        error_set(err, "%s: it has not finished an iteration: nothing to play again",
                  o->run.name);
    else if (rows)
        header = header_of(o, err);
    if (header && put_line(f, header) == 0)
        status = put_turns(o, f, (int64_t)json_array_size(rows), err);
    if (status == 0)
        status = put_line(f, json_pack("{s:{s:i, s:s}}", "outcome", "iteration", 0,
                                       "incumbent", o->run.start_sha256));
    json_array_foreach(rows, i, row) {
        if (status != 0)
            break;
        outcome = outcome_of_row(row);
        status = put_line(f, json_pack("{s:o}", "outcome", outcome));
    }
    if (status == 0)
        status = put_line(
            f, json_pack("{s:{s:s, s:s, s:o}}", "end", "salt", o->salt.hex, "stop_reason",
                         o->run.stop_reason, "retired",
                         ledger_query(o->ledger, LOOP_RETIRED, o->run.id, err)));
    if (status != 0 && !err->text[0])
        error_set(err, "%s: its ledger holds text that is not UTF-8", o->run.name);
    fclose(f);
    if (status == 0)
        status = file_save(path, text, size, err);
    free(text);
    json_decref(rows);
    return status;
}

static bool is_lost(json_int_t fault)
{
    return fault == FAULT_void || fault == FAULT_environment;
}

static void compare_episode(const json_t *row, const struct ledger_episode *was,
                            bool is_there, int64_t iteration, struct parting *out)
{
    const char *purpose = json_string_value(json_object_get(row, "purpose"));
    json_int_t steps = json_integer_value(json_object_get(row, "steps"));
    double score = json_number_value(json_object_get(row, "score"));
    uint64_t trajectory = (uint64_t)json_integer_value(
        json_object_get(row, "trajectory"));
    char what[200], a[80], b[80];

    if (is_lost(json_integer_value(json_object_get(row, "fault"))) ||
        (is_there && is_lost(was->fault)))
        return;
    snprintf(what, sizeof(what), "%s episode %lld%s%s of policy %.8s", purpose,
             (long long)was->seed_index, was->scope[0] ? ", " : "", was->scope,
             was->sha256);
    if (!is_there) {
        parting_set(out, iteration, what, "none", "played");
    } else if (was->trajectory != trajectory) {
        snprintf(a, sizeof(a), "trajectory %016" PRIx64, was->trajectory);
        snprintf(b, sizeof(b), "trajectory %016" PRIx64, trajectory);
        parting_set(out, iteration, what, a, b);
    } else if (was->steps != steps || was->score != score) {
        snprintf(a, sizeof(a), "score %.17g in %" PRId64 " steps", was->score,
                 was->steps);
        snprintf(b, sizeof(b), "score %.17g in %lld steps", score, (long long)steps);
        parting_set(out, iteration, what, a, b);
    }
}

int reproduce_episodes(struct opened_run *o, struct ledger *second, int64_t *last,
                       int64_t iteration, struct parting *out, struct error *err)
{
    json_t *rows = ledger_query(second,
                                "SELECT rowid AS id, purpose, scope, sha256, seed_index,"
                                " steps, score, trajectory, fault FROM episode WHERE"
                                " rowid > ? ORDER BY purpose, scope, sha256, seed_index",
                                *last, err),
           *row;
    int status = rows ? 0 : -1;
    size_t i;

    json_array_foreach(rows, i, row) {
        const char *purpose = json_string_value(json_object_get(row, "purpose"));
        json_int_t id = json_integer_value(json_object_get(row, "id"));
        struct ledger_episode was = {
            .scope = json_string_value(json_object_get(row, "scope")),
            .sha256 = json_string_value(json_object_get(row, "sha256")),
            .seed_index = json_integer_value(json_object_get(row, "seed_index")),
        };
        int found;
        while (was.purpose < N_PURPOSES && strcmp(purpose, purpose_name(was.purpose)))
            was.purpose++;
        found = ledger_episode_find(o->ledger, o->run.id, &was, err);
        if (found < 0)
            status = -1;
        else
            compare_episode(row, &was, found == 1, iteration, out);
        ledger_episode_clear(&was);
        if (id > *last)
            *last = id;
    }
    json_decref(rows);
    return status;
}

int64_t reproduce_left_over(struct opened_run *o, int64_t n_played, struct error *err)
{
    json_t *rows = ledger_query(o->ledger,
                                "SELECT count(*) AS n FROM episode WHERE run=? AND"
                                " purpose NOT IN ('holdout', 'audit', 'replay')",
                                o->run.id, err);
    int64_t n = rows ? json_integer_value(json_object_get(json_array_get(rows, 0), "n"))
                     : -1;

    json_decref(rows);
    return n < 0 ? -1 : n - n_played;
}
