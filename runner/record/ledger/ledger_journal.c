/* ledger_journal.c - what a run puts down as it goes, and looks up before it makes it:
 * episodes, the model's turns, candidates. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

int ledger_episode_add(struct ledger *l, int64_t run, const struct ledger_episode *e,
                       struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err,
            "INSERT OR IGNORE INTO episode VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "isssiiddiiiiiiiisiiiibi", run, purpose_name(e->purpose), e->scope, e->sha256,
            e->seed_index, e->seed, e->score, e->total, e->steps, e->frames,
            e->planner_steps, e->most_instructions, (int64_t)e->terminated,
            (int64_t)e->truncated, (int64_t)e->verified, (int64_t)e->fault, e->fault_text,
            (int64_t)e->trajectory, (int64_t)e->start_hash, (int64_t)e->events,
            (int64_t)e->tries, e->tape, e->tape_len, ledger_now()));
}

int ledger_episode_find(struct ledger *l, int64_t run, struct ledger_episode *e,
                        struct error *err)
{
    int64_t events = 0;
    int found = ledger_first(
        l, err,
        ledger_prepare(
            l, err,
            "SELECT seed, score, total, steps, frames, planner_steps, most_instructions,"
            " terminated, truncated, verified, fault, trajectory, start_hash, events, tries,"
            " CASE WHEN fault THEN coalesce(fault_text, '') END, tape FROM episode"
            " WHERE run=? AND purpose=? AND scope=? AND sha256=? AND seed_index=?",
            "isssi", run, purpose_name(e->purpose), e->scope, e->sha256, e->seed_index),
        "iddiiiibbbniiintB", &e->seed, &e->score, &e->total, &e->steps, &e->frames,
        &e->planner_steps, &e->most_instructions, &e->terminated, &e->truncated,
        &e->verified, &e->fault, (int64_t *)&e->trajectory, (int64_t *)&e->start_hash,
        &events, &e->tries, &e->fault_text, &e->tape, &e->tape_len);

    e->events = (uint32_t)events;
    return found;
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
    *reply = NULL;
    return ledger_first(l, err,
                        ledger_prepare(l, err,
                                       "SELECT reply FROM call WHERE run=? AND iteration=?"
                                       " AND turn=? AND reply IS NOT NULL",
                                       "iii", run, iteration, turn),
                        "s", reply);
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
                       c->parent_sha256, verdict_name(c->verdict), c->why, c->change, c->dev_before,
                       c->dev_after, c->difference, c->low, c->high, c->pairs,
                       c->cases_passed, c->cases, c->seconds, c->steps, c->before_half,
                       c->after_half, c->details, ledger_now()));
}
