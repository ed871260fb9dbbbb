/* reproduce_run.c - a run of the ledger as a session, and its episodes beside those of
 * the run that plays it again. */
#include "runner/experiment/reproduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/scoped.h"
#include "envs/episode.h"
#include "runner/model/model.h"
#include "runner/record/ledger/ledger_rows.h"

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
    scoped char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    int status = text && fprintf(f, "%s\n", text) > 0 ? 0 : -1;

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
    char format[16];

    snprintf(format, sizeof(format), "%d", (int)o->run.brief_format);
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
            line = json_pack("{s:i, s:s, s:s, s:O}", "ratchet_session", SESSION_FORMAT,
                             "model", o->run.model, "brief_format", format, "run", json);
    }
    json_decref(json);
    json_decref(run.task);
    json_decref(run.memory);
    free(source);
    return line;
}

static int put_turn(struct opened_run *o, FILE *f, int64_t iteration, int64_t turn,
                    const char *text, struct error *err)
{
    json_t *reply = json_loads(text, 0, NULL);

    if (!reply)
        return error_set(err, "%s: the reply of iteration %lld is no JSON", o->run.name,
                         (long long)iteration);
    return put_line(f, json_pack("{s:s, s:I, s:I, s:o}", "request", "ledger", "iteration",
                                 (json_int_t)iteration, "turn", (json_int_t)turn, "reply",
                                 reply));
}

/* The turns of the iterations up to `to`; each must have some. */
static int put_turns(struct opened_run *o, FILE *f, int64_t to, struct error *err)
{
    int status = 0, found;

    for (int64_t i = 1, turn; i <= to && status == 0; i++) {
        char *text = NULL;
        for (turn = 0; status == 0 && (found = ledger_call_find(o->ledger, o->run.id, i,
                                                                turn, &text, err)) == 1;
             turn++) {
            status = put_turn(o, f, i, turn, text, err);
            free(text);
        }
        if (status == 0 && found < 0)
            status = -1;
        else if (turn == 0)
            status = error_set(
                err,
                "%s: its ledger keeps no reply of iteration %lld: without it "
                "the run cannot be played again",
                o->run.name, (long long)i);
    }
    return status;
}

int reproduce_export(struct opened_run *o, const char *path, struct error *err)
{
    struct ledger_candidates all;
    int n = ledger_candidates(o->ledger, o->run.id, &all, err);
    json_t *header = NULL;
    scoped char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int status = -1;

    if (n == 0)
        error_set(err, "%s: it has not finished an iteration: nothing to play again",
                  o->run.name);
    else if (n > 0)
        header = header_of(o, err);
    if (header && put_line(f, header) == 0)
        status = put_turns(o, f, n, err);
    if (status == 0)
        status = put_line(f, json_pack("{s:{s:i, s:s}}", "outcome", "iteration", 0,
                                       "incumbent", o->run.start_sha256));
    for (int i = 0; i < n && status == 0; i++)
        status = put_line(f, json_pack("{s:o}", "outcome", outcome_of_row(&all.list[i])));
    if (status == 0)
        status = put_line(f, json_pack("{s:{s:s, s:s, s:o}}", "end", "salt", o->salt.hex,
                                       "stop_reason", o->run.stop_reason, "retired",
                                       as_recorded_retired(o->ledger, o->run.id, err)));
    if (status != 0 && !err->text[0])
        error_set(err, "%s: its ledger holds text that is not UTF-8", o->run.name);
    fclose(f);
    if (status == 0)
        status = file_save(path, text, size, err);
    ledger_candidates_clear(&all);
    return status;
}

static bool is_lost(const struct ledger_episode *e)
{
    return e->fault == FAULT_void || e->fault == FAULT_environment;
}

static void compare_episode(const struct ledger_episode *is,
                            const struct ledger_episode *was, bool is_there,
                            int64_t iteration, struct parting *out)
{
    char what[200], a[80], b[80];

    if (is_lost(is) || (is_there && is_lost(was)))
        return;
    snprintf(what, sizeof(what), "%s episode %lld%s%s of policy %.8s",
             purpose_name(is->purpose), (long long)is->seed_index,
             is->scope[0] ? ", " : "", is->scope, is->sha256);
    if (!is_there) {
        parting_set(out, iteration, what, "none", "played");
    } else if (was->trajectory != is->trajectory) {
        snprintf(a, sizeof(a), "trajectory %016" PRIx64, was->trajectory);
        snprintf(b, sizeof(b), "trajectory %016" PRIx64, is->trajectory);
        parting_set(out, iteration, what, a, b);
    } else if (was->steps != is->steps || was->score != is->score) {
        snprintf(a, sizeof(a), "score %.17g in %" PRId64 " steps", was->score,
                 was->steps);
        snprintf(b, sizeof(b), "score %.17g in %" PRId64 " steps", is->score, is->steps);
        parting_set(out, iteration, what, a, b);
    }
}

int reproduce_episodes(struct opened_run *o, struct ledger *second, int64_t *last,
                       int64_t iteration, struct parting *out, struct error *err)
{
    struct ledger_episodes all;
    int status = ledger_episodes_since(second, last, &all, err) < 0 ? -1 : 0;

    for (int i = 0; i < all.n; i++) {
        const struct ledger_episode *is = &all.list[i];
        struct ledger_episode was = { .purpose = is->purpose,
                                      .scope = is->scope,
                                      .sha256 = is->sha256,
                                      .seed_index = is->seed_index };
        int found = ledger_episode_find(o->ledger, o->run.id, &was, err);
        if (found < 0)
            status = -1;
        else
            compare_episode(is, &was, found == 1, iteration, out);
        ledger_episode_clear(&was);
    }
    ledger_episodes_clear(&all);
    return status;
}

int64_t reproduce_left_over(struct opened_run *o, int64_t n_played, struct error *err)
{
    int64_t n = ledger_count_episodes(o->ledger, o->run.id, err);

    return n < 0 ? -1 : n - n_played;
}
