/* ledger_rows.c - what runs put down, read back as typed rows. */
#include "runner/record/ledger/ledger_rows.h"

#include <stddef.h>

#include "runner/record/ledger/ledger_db.h"

#define AT(row, field) offsetof(struct row, field)

#define C(field) AT(ledger_candidate, field)
static const struct ledger_type candidate_type = {
    "issvssdddddiiididds",
    sizeof(struct ledger_candidate),
    { C(iteration), C(sha256), C(parent_sha256), C(verdict), C(why), C(change),
      C(dev_before), C(dev_after), C(difference), C(low), C(high), C(pairs),
      C(cases_passed), C(cases), C(seconds), C(steps), C(before_half), C(after_half),
      C(details) },
};

int ledger_candidates(struct ledger *l, int64_t run, struct ledger_candidates *out,
                      struct error *err)
{
    return ledger_list(
        l, err,
        ledger_prepare(
            l, err,
            "SELECT iteration, sha256, parent_sha256, verdict, why, change, dev_before,"
            " dev_after, difference, low, high, pairs, cases_passed, cases, seconds, steps,"
            " before_half, after_half, details FROM candidate WHERE run=? ORDER BY iteration",
            "i", run),
        &candidate_type, &out->list, &out->n);
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
    ledger_row_clear(&candidate_type, c);
}

void ledger_candidates_clear(struct ledger_candidates *all)
{
    ledger_list_clear(&candidate_type, &all->list, &all->n);
}

int ledger_candidate_find(struct ledger *l, int64_t run, int64_t iteration,
                          char sha256[65], struct error *err)
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
                       "SELECT coalesce(max(iteration), 0) FROM candidate WHERE run=?",
                       "i", run));
}

static const struct ledger_type promotion_type = {
    "iisss",
    sizeof(struct ledger_promotion),
    { AT(ledger_promotion, run), AT(ledger_promotion, iteration),
      AT(ledger_promotion, folder), AT(ledger_promotion, task),
      AT(ledger_promotion, source) },
};

int ledger_promotions(struct ledger *l, struct ledger_promotions *out, struct error *err)
{
    return ledger_list(
        l, err,
        ledger_prepare(
            l, err,
            "SELECT c.run, c.iteration, run.folder, json_extract(run.task, '$.name'),"
            " source.text FROM promotion c JOIN run ON run.id = c.run JOIN source"
            " ON source.sha256 = c.sha256"
            " ORDER BY c.created DESC, c.run DESC, c.iteration DESC, c.place DESC LIMIT 500",
            ""),
        &promotion_type, &out->list, &out->n);
}

void ledger_promotions_clear(struct ledger_promotions *all)
{
    ledger_list_clear(&promotion_type, &all->list, &all->n);
}

static const struct ledger_type case_type = {
    "iss",
    sizeof(struct ledger_case),
    { AT(ledger_case, iteration), AT(ledger_case, name), AT(ledger_case, reason) },
};

int ledger_cases(struct ledger *l, int64_t run, enum case_state state,
                 struct ledger_cases *out, struct error *err)
{
    return ledger_list(
        l, err,
        ledger_prepare(l, err,
                       "SELECT iteration, name, reason FROM regression WHERE run=? AND"
                       " state=? ORDER BY iteration, name",
                       "is", run, case_state_name(state)),
        &case_type, &out->list, &out->n);
}

void ledger_cases_clear(struct ledger_cases *all)
{
    ledger_list_clear(&case_type, &all->list, &all->n);
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

#define E(field) AT(ledger_episode, field)
static const struct ledger_type episode_type = {
    "pssiidin",
    sizeof(struct ledger_episode),
    { E(purpose), E(scope), E(sha256), E(seed_index), E(steps), E(score), E(trajectory),
      E(fault) },
};

int ledger_episodes_since(struct ledger *l, int64_t *last, struct ledger_episodes *out,
                          struct error *err)
{
    int64_t since = *last;
    int n = ledger_list(
        l, err,
        ledger_prepare(
            l, err,
            "SELECT purpose, scope, sha256, seed_index, steps, score, trajectory,"
            " fault FROM episode WHERE rowid > ?"
            " ORDER BY purpose, scope, sha256, seed_index",
            "i", since),
        &episode_type, &out->list, &out->n);

    *last = since + n;
    return n;
}

void ledger_episodes_clear(struct ledger_episodes *all)
{
    ledger_list_clear(&episode_type, &all->list, &all->n);
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
