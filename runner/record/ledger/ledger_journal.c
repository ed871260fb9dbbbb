/* ledger_journal.c - what a run puts down as it goes, and looks up before it makes it:
 * episodes, the model's turns, candidates. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

static const char *const purposes[] = {
#define X(name) #name,
    PURPOSES(X)
#undef X
};

const char *purpose_name(enum purpose p)
{
    return p < N_PURPOSES ? purposes[p] : "unknown";
}

int ledger_episode_add(struct ledger *l, int64_t run, const struct ledger_episode *e,
                       struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err,
            "INSERT OR IGNORE INTO episode VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "isssiiddiiiiiiiisiiiibi", run, purposes[e->purpose], e->scope, e->sha256,
            e->seed_index, e->seed, e->score, e->total, e->steps, e->frames,
            e->planner_steps, e->most_instructions, (int64_t)e->terminated,
            (int64_t)e->truncated, (int64_t)e->verified, (int64_t)e->fault, e->fault_text,
            (int64_t)e->trajectory, (int64_t)e->start_hash, (int64_t)e->events,
            (int64_t)e->tries, e->tape, e->tape_len, ledger_now()));
}

/* NAN where a column holds no number. */
static double ledger_journal_number(sqlite3_stmt *s, int column)
{
    int type = sqlite3_column_type(s, column);

    return type == SQLITE_FLOAT || type == SQLITE_INTEGER
               ? sqlite3_column_double(s, column)
               : NAN;
}

int ledger_episode_find(struct ledger *l, int64_t run, struct ledger_episode *e,
                        struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT seed, score, total, steps, frames, planner_steps, most_instructions,"
        " terminated, truncated, verified, fault, fault_text, trajectory, start_hash, events,"
        " tries, tape FROM episode"
        " WHERE run=? AND purpose=? AND scope=? AND sha256=? AND seed_index=?",
        "isssi", run, purposes[e->purpose], e->scope, e->sha256, e->seed_index);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    if (code == SQLITE_ROW) {
        e->seed = sqlite3_column_int64(s, 0);
        e->score = ledger_journal_number(s, 1);
        e->total = ledger_journal_number(s, 2);
        e->steps = sqlite3_column_int64(s, 3);
        e->frames = sqlite3_column_int64(s, 4);
        e->planner_steps = sqlite3_column_int64(s, 5);
        e->most_instructions = sqlite3_column_int64(s, 6);
        e->terminated = sqlite3_column_int(s, 7);
        e->truncated = sqlite3_column_int(s, 8);
        e->verified = sqlite3_column_int(s, 9);
        e->fault = sqlite3_column_int(s, 10);
        e->fault_text = e->fault ? ledger_column(s, 11) : NULL;
        e->trajectory = (uint64_t)sqlite3_column_int64(s, 12);
        e->start_hash = (uint64_t)sqlite3_column_int64(s, 13);
        e->events = (uint32_t)sqlite3_column_int64(s, 14);
        e->tries = sqlite3_column_int(s, 15);
        e->tape_len = (size_t)sqlite3_column_bytes(s, 16);
        e->tape = xcalloc(e->tape_len + 1, 1);
        if (e->tape_len)
            memcpy(e->tape, sqlite3_column_blob(s, 16), e->tape_len);
    } else if (s && code != SQLITE_DONE) {
        ledger_fail(l, err);
    }
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

void ledger_episode_clear(struct ledger_episode *e)
{
    free(e->fault_text);
    free(e->tape);
    e->fault_text = NULL;
    e->tape = NULL;
}

int ledger_call_add(struct ledger *l, int64_t run, const struct ledger_call *c,
                    struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err, "INSERT OR IGNORE INTO call VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "iiisssiiiiiddii", run, c->iteration, c->turn, c->model, c->reply, c->error,
            c->tokens_in, c->tokens_cached, c->tokens_out, c->tokens_reasoning,
            (int64_t)c->is_estimated, c->usd, c->seconds, c->tries, ledger_now()));
}

int ledger_call_find(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                     char **reply, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT reply FROM call WHERE run=? AND iteration=? AND turn=?"
        " AND reply IS NOT NULL",
        "iii", run, iteration, turn);
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    *reply = code == SQLITE_ROW ? ledger_column(s, 0) : NULL;
    if (s && code != SQLITE_ROW && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : -1;
}

int ledger_call_cancel(struct ledger *l, int64_t run, int64_t iteration, int64_t turn,
                       int64_t number, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err,
                       "UPDATE call SET reply = json_set(reply, '$.calls[' || ? ||"
                       " '].cancelled', json('true')) WHERE run=? AND iteration=? AND"
                       " turn=? AND reply IS NOT NULL",
                       "iiii", number, run, iteration, turn));
}

int ledger_candidate_add(struct ledger *l, int64_t run, const struct ledger_candidate *c,
                         struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(l, err,
                       "INSERT OR IGNORE INTO candidate"
                       " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                       "iisssssdddddiiididdsi", run, c->iteration, c->sha256,
                       c->parent_sha256, c->verdict, c->why, c->change, c->dev_before,
                       c->dev_after, c->difference, c->low, c->high, c->pairs,
                       c->cases_passed, c->cases, c->seconds, c->steps, c->before_half,
                       c->after_half, c->details, ledger_now()));
}
