/* ledger_rows.c - what runs put down, read back as typed rows. */
#include "runner/record/ledger/ledger_rows.h"

#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

/* What a query of one number gives. */
static int64_t ledger_number(struct ledger *l, struct error *err, sqlite3_stmt *s)
{
    int64_t n = -1;

    ledger_first(l, err, s, "i", &n);
    return n;
}

int ledger_candidates(struct ledger *l, int64_t run, struct ledger_candidates *out,
                      struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT iteration, sha256, parent_sha256, verdict, why, change, dev_before,"
        " dev_after, difference, low, high, pairs, cases_passed, cases, seconds, steps,"
        " before_half, after_half, details FROM candidate WHERE run=? ORDER BY iteration",
        "i", run);
    struct ledger_candidate c;
    char *verdict;
    int found;

    *out = (struct ledger_candidates){ 0 };
    while ((found = ledger_next(l, err, s, "isssssdddddiiididds", &c.iteration,
                                &c.sha256, &c.parent_sha256, &verdict, &c.why, &c.change,
                                &c.dev_before, &c.dev_after, &c.difference, &c.low,
                                &c.high, &c.pairs, &c.cases_passed, &c.cases, &c.seconds,
                                &c.steps, &c.before_half, &c.after_half, &c.details)) == 1) {
        c.verdict = verdict_read(verdict, strlen(verdict));
        free(verdict);
        *xgrow(out->list, out->n) = c;
    }
    if (found < 0)
        ledger_candidates_clear(out);
    return found < 0 ? -1 : out->n;
}

int ledger_incumbent(struct ledger *l, int64_t run, struct ledger_candidate *out,
                     struct error *err)
{
    *out = (struct ledger_candidate){ 0 };
    return ledger_first(
        l, err,
        ledger_prepare(l, err,
                       "SELECT iteration, sha256, dev_after, details FROM promotion"
                       " WHERE run=? ORDER BY iteration DESC, place DESC LIMIT 1",
                       "i", run),
        "isds", &out->iteration, &out->sha256, &out->dev_after, &out->details);
}

void ledger_candidate_clear(struct ledger_candidate *c)
{
    free((char *)c->sha256);
    free((char *)c->parent_sha256);
    free((char *)c->why);
    free((char *)c->change);
    free((char *)c->details);
}

void ledger_candidates_clear(struct ledger_candidates *all)
{
    for (int i = 0; i < all->n; i++)
        ledger_candidate_clear(&all->list[i]);
    free(all->list);
    *all = (struct ledger_candidates){ 0 };
}

int ledger_candidate_find(struct ledger *l, int64_t run, int64_t iteration, char sha256[65],
                          struct error *err)
{
    return ledger_first(l, err,
                        ledger_prepare(l, err,
                                       "SELECT start_sha256 FROM run WHERE id=?1 AND ?2=0"
                                       " UNION ALL SELECT sha256 FROM candidate WHERE"
                                       " run=?1 AND iteration=?2 AND sha256<>''",
                                       "ii", run, iteration),
                        "h", sha256);
}

int64_t ledger_last_iteration(struct ledger *l, int64_t run, struct error *err)
{
    return ledger_number(
        l, err,
        ledger_prepare(l, err,
                       "SELECT coalesce(max(iteration), 0) FROM candidate WHERE run=?", "i",
                       run));
}

int ledger_promotions(struct ledger *l, struct ledger_promotions *out, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT c.run, c.iteration, run.folder, json_extract(run.task, '$.name'),"
        " source.text FROM promotion c JOIN run ON run.id = c.run JOIN source"
        " ON source.sha256 = c.sha256"
        " ORDER BY c.created DESC, c.run DESC, c.iteration DESC, c.place DESC LIMIT 500",
        "");
    struct ledger_promotion p;
    int found;

    *out = (struct ledger_promotions){ 0 };
    while ((found = ledger_next(l, err, s, "iisss", &p.run, &p.iteration, &p.folder, &p.task,
                                &p.source)) == 1)
        *xgrow(out->list, out->n) = p;
    if (found < 0)
        ledger_promotions_clear(out);
    return found < 0 ? -1 : out->n;
}

void ledger_promotions_clear(struct ledger_promotions *all)
{
    for (int i = 0; i < all->n; i++) {
        free(all->list[i].folder);
        free(all->list[i].task);
        free(all->list[i].source);
    }
    free(all->list);
    *all = (struct ledger_promotions){ 0 };
}

int ledger_cases(struct ledger *l, int64_t run, const char *state, struct ledger_cases *out,
                 struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT iteration, name, reason FROM regression WHERE run=? AND state=?"
        " ORDER BY iteration, name",
        "is", run, state);
    struct ledger_case c;
    int found;

    *out = (struct ledger_cases){ 0 };
    while ((found = ledger_next(l, err, s, "iss", &c.iteration, &c.name, &c.reason)) == 1)
        *xgrow(out->list, out->n) = c;
    if (found < 0)
        ledger_cases_clear(out);
    return found < 0 ? -1 : out->n;
}

void ledger_cases_clear(struct ledger_cases *all)
{
    for (int i = 0; i < all->n; i++) {
        free(all->list[i].name);
        free(all->list[i].reason);
    }
    free(all->list);
    *all = (struct ledger_cases){ 0 };
}

int ledger_replies(struct ledger *l, int64_t run, struct ledger_calls *out,
                   struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err,
                                     "SELECT iteration, turn, reply FROM call WHERE run=? AND"
                                     " reply IS NOT NULL ORDER BY iteration, turn",
                                     "i", run);
    struct ledger_call c = { 0 };
    int found;

    *out = (struct ledger_calls){ 0 };
    while ((found = ledger_next(l, err, s, "iis", &c.iteration, &c.turn, &c.reply)) == 1)
        *xgrow(out->list, out->n) = c;
    if (found < 0)
        ledger_calls_clear(out);
    return found < 0 ? -1 : out->n;
}

void ledger_calls_clear(struct ledger_calls *all)
{
    for (int i = 0; i < all->n; i++)
        free(all->list[i].reply);
    free(all->list);
    *all = (struct ledger_calls){ 0 };
}

int64_t ledger_count_replies(struct ledger *l, int64_t run, int64_t before,
                             struct error *err)
{
    return ledger_number(l, err,
                         ledger_prepare(l, err,
                                        "SELECT count(*) FROM call WHERE run=? AND"
                                        " iteration < ? AND reply IS NOT NULL",
                                        "ii", run, before));
}

int ledger_episodes_since(struct ledger *l, int64_t *last, struct ledger_episodes *out,
                          struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        "SELECT rowid, purpose, scope, sha256, seed_index, steps, score, trajectory, fault"
        " FROM episode WHERE rowid > ? ORDER BY purpose, scope, sha256, seed_index",
        "i", *last);
    struct ledger_episode e = { 0 };
    int64_t row;
    char *purpose;
    int found;

    *out = (struct ledger_episodes){ 0 };
    while ((found = ledger_next(l, err, s, "isssiidin", &row, &purpose, &e.scope, &e.sha256,
                                &e.seed_index, &e.steps, &e.score, (int64_t *)&e.trajectory,
                                &e.fault)) == 1) {
        e.purpose = purpose_read(purpose);
        free(purpose);
        *xgrow(out->list, out->n) = e;
        *last = row > *last ? row : *last;
    }
    if (found < 0)
        ledger_episodes_clear(out);
    return found < 0 ? -1 : out->n;
}

void ledger_episodes_clear(struct ledger_episodes *all)
{
    for (int i = 0; i < all->n; i++) {
        free((char *)all->list[i].scope);
        free((char *)all->list[i].sha256);
    }
    free(all->list);
    *all = (struct ledger_episodes){ 0 };
}

int64_t ledger_count_episodes(struct ledger *l, int64_t run, struct error *err)
{
    return ledger_number(l, err,
                         ledger_prepare(l, err,
                                        "SELECT count(*) FROM episode WHERE run=? AND"
                                        " purpose NOT IN ('holdout', 'audit', 'replay')",
                                        "i", run));
}

int64_t ledger_count_shared(struct ledger *l, int64_t run, enum purpose split,
                            int64_t opening, enum purpose with, struct error *err)
{
    return ledger_number(
        l, err,
        ledger_prepare(l, err,
                       "SELECT count(DISTINCT start_hash) FROM episode WHERE run=?1 AND"
                       " purpose=?2 AND scope='opening ' || ?3 AND start_hash IN (SELECT"
                       " start_hash FROM episode WHERE run=?1 AND purpose=?4)",
                       "isis", run, purpose_name(split), opening, purpose_name(with)));
}
