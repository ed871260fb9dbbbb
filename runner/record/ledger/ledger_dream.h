/* ledger_dream.h - what dreams made of what runs left behind: sentences that name the
 * iterations they rest on, and what they put in the place of what.
 *
 * Nothing is deleted: a note that was merged or contradicted is superseded, and a run
 * sees the dreams that were dreamt before it began. Evidence is an array of
 * "RUN:ITERATION". */
#ifndef RATCHET_RUNNER_RECORD_LEDGER_LEDGER_DREAM_H
#define RATCHET_RUNNER_RECORD_LEDGER_LEDGER_DREAM_H

#include "runner/record/ledger/ledger.h"

/* What a kept sentence is about; none: a note of a run. */
#define DREAM_KINDS(X) X(note) X(failed) X(values) X(skill)
enum dream_kind {
    DREAM_none,
#define X(name) DREAM_##name,
    DREAM_KINDS(X)
#undef X
};
const char *dream_kind_name(enum dream_kind v);
enum dream_kind dream_kind_read(const char *text);

/* Names of tasks that have runs. */
json_t *ledger_dream_tasks(struct ledger *l, struct error *err);

/* is_new: no dream of this task has read it. Text is "" where there is none. */
struct dream_note {
    int64_t id, run, iteration;
    char *author, *text;
    char *evidence; /* "RUN:ITERATION ..." */
    enum dream_kind kind;
    bool is_new;
};
struct dream_candidate {
    int64_t id, run, iteration;
    enum verdict verdict;
    char *why, *change, *sha256, *folder; /* folder: of its run */
    double dev_before, dev_after;         /* NAN: not evaluated */
    bool is_new;
};
struct dream_case {
    int64_t run, iteration;
    char *signature;
};
/* What a dream of a task reads, the oldest first: notes that are not superseded, all
 * candidates, the cases that were admitted. ledger_dream_clear. */
struct dream_read {
    const char *task; /* borrowed */
    struct dream_note *notes;
    struct dream_candidate *candidates;
    struct dream_case *cases;
    int n_notes, n_candidates, n_cases;
    int64_t last; /* the latest dream's id, or 0 */
};
int ledger_dream_read(struct ledger *l, const char *task, struct dream_read *out,
                      struct error *err);
void ledger_dream_clear(struct dream_read *r);

/* A dream; its id, or -1. tokens -1, usd NAN: unknown. */
int64_t ledger_dream_add(struct ledger *l, const char *model, int64_t tokens, double usd,
                         const char *result, struct error *err);
/* It read all notes and candidates of the task up to these. */
int ledger_dream_add_read(struct ledger *l, int64_t dream, const char *task,
                          int64_t note_to, int64_t candidate_to, struct error *err);
/* Keeps a sentence of that kind; its id as a note, or -1. */
int64_t ledger_dream_keep(struct ledger *l, int64_t dream, const char *task,
                          enum dream_kind kind, const char *text, const json_t *evidence,
                          struct error *err);
/* A note ends: by another one, or (by 0) because the evidence contradicts it. */
int ledger_dream_supersede(struct ledger *l, int64_t dream, int64_t note, int64_t by,
                           const char *why, const json_t *evidence, struct error *err);
/* The piece of policy that a sentence of the kind "skill" is about. */
int ledger_skill_add(struct ledger *l, int64_t note, const char *name,
                     const char *tokens_sha256, const char *source, struct error *err);

/* Is there one of this name (NULL: any), made of these tokens (NULL: any)? 1, 0, -1. */
int ledger_skill_has(struct ledger *l, const char *name, const char *tokens_sha256,
                     struct error *err);
/* The latest dream's id, or 0; -1: the ledger cannot be read. */
int64_t ledger_dream_last(struct ledger *l, struct error *err);
/* Has any dream read runs of this task? 1, 0, -1. */
int ledger_dream_has_read(struct ledger *l, const char *task, struct error *err);

/* What a run sees of the dreams before it, newest first: rows of kind, task, text,
 * evidence (as text), name and source (of skills; those of all tasks, its own first). */
json_t *ledger_dream_memory(struct ledger *l, const char *task, int64_t run,
                            struct error *err);

/* Makes a ledger at `path` that remembers what this one does, but no episode: runs,
 * sources, candidates, notes, and with_dreams what was dreamt. The file must not
 * exist. */
int ledger_copy_memory(struct ledger *l, const char *path, bool with_dreams,
                       struct error *err);

#endif
