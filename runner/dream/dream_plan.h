/* dream_plan.h - what the parts of a dream share: private to runner/dream/.
 *
 * A plan is an object: "task", "read" (notes, candidates, left), "notes" (text, evidence,
 * replaces, kind), "retired" (note, text, why, evidence), "failed", "values" (as notes),
 * "skills" (name, text, evidence, function, source, cases), "refused" (what, text, why),
 * "note_to", "candidate_to". */
#ifndef RATCHET_RUNNER_DREAM_DREAM_PLAN_H
#define RATCHET_RUNNER_DREAM_DREAM_PLAN_H

#include "runner/dream/dream.h"
#include "runner/policy/skill.h"

#define DREAM_MOST_TEXT 400    /* bytes of a sentence */
#define DREAM_MOST_EVIDENCE 64 /* iterations of a sentence */
#define DREAM_MOST_ROWS \
    500 /* notes, and candidates, that statistics look at: the newest */

const char *dream_text(const json_t *row, const char *key); /* "" where there is none */
int64_t dream_number(const json_t *row, const char *key);
/* Is there any that the last dream had not read? */
bool dream_has_new(const struct dream_read *read);

/* An iteration as evidence; a new reference. */
json_t *dream_evidence(int64_t run, int64_t iteration);
/* Adds what is not yet in it, as far as there is room. */
void dream_add_evidence(json_t *evidence, const json_t *more);
/* The evidence of a note as an array; a new reference. */
json_t *dream_evidence_of(const struct dream_note *note);

/* An empty plan that has read everything of `read`. */
json_t *dream_plan_create(const struct dream_read *read);
void dream_plan_refuse(json_t *plan, const char *what, const char *text, const char *why);

/* dream_stats.c: a plan without a model. */
json_t *dream_by_statistics(const struct dream_read *read);

/* A function that served in promoted policies. */
struct dream_piece {
    struct skill_piece piece;
    char id[9];          /* the first digits of its hash */
    char *task, *folder; /* of the newest run that it served in */
    json_t *evidence;    /* promotions, one a run, of the same tokens */
    json_t *like;        /* promotions of others of the same name */
};
struct dream_pieces {
    struct dream_piece *list;
    int n;
};

/* dream_skills.c: pieces of all promoted policies that are no skill yet, the newest
 * first. */
int dream_pieces_find(struct ledger *l, struct dream_pieces *out, struct error *err);
void dream_pieces_clear(struct dream_pieces *p);
/* Adds a skill to the plan, if cases of the run that it served in need it; else refuses.
 * evidence: NULL: where it served. plans: all of the dream, this one among them. */
int dream_skill_add(const struct dream_config *c, const struct dream_piece *p,
                    const char *name, const char *about, const json_t *evidence,
                    const json_t *plans, json_t *plan, struct error *err);
/* Writes the plans' skills into the folder `staging`; moves them from there into the
 * library, all or none; takes them back. */
int dream_skills_stage(const json_t *plans, const char *staging, struct error *err);
int dream_skills_move(const json_t *plans, const char *from, const char *to,
                      struct error *err);

/* dream_cases.c: all cases of a folder on a source; *broken (owned) says which one fails,
 * where that is not NULL already. *failed, where given, gets the names of all that
 * fail. */
int dream_cases_run(const struct dream_config *c, const char *folder, const char *name,
                    const char *source, int *n, char **broken, json_t *failed,
                    struct error *err);
/* The cases that a dream may not break: of skills in `staging` and in the library, of the
 * tasks' shipped policies, of the runs that it read. */
int dream_cases_all(const struct dream_config *c, const json_t *plans,
                    const char *staging, int *n, char **broken, struct error *err);

/* dream_model.c: a plan by the model, added to the outcome with what it cost. */
int dream_by_model(const struct dream_config *c, const struct dream_read *read,
                   const struct dream_pieces *pieces, struct dream_outcome *out,
                   struct error *err);

#endif
