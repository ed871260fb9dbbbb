/* dream.h - the offline pass over what runs left behind: notes merged and corrected,
 * failed directions, skills.
 *
 * A dream reads what came into the ledger since the last one of the task. By a model, or
 * without one by statistics, it makes a plan: sentences, each with the iterations it
 * rests on, and what they supersede. The plan is carried out as a whole, when every case
 * still passes, or not at all. */
#ifndef RATCHET_RUNNER_DREAM_DREAM_H
#define RATCHET_RUNNER_DREAM_DREAM_H

#include "runner/brief/provider.h"
#include "runner/evaluate/evaluate.h"
#include "runner/record/ledger/ledger_dream.h"

struct dream_config {
    struct ledger *ledger;
    const struct setup *setup;
    const struct provider *provider; /* NULL: by statistics */
    const char *model;               /* as given to --model; "" without one */
    const char *policies;            /* the folder of shipped policies; NULL: none */
    const char *lib;                 /* where skills are kept */
    int64_t max_tokens;              /* of what the model is given and gives */
    bool is_dry;                     /* write nothing */
};

/* dream_outcome_clear. */
struct dream_outcome {
    json_t *tasks;  /* a plan a task that there was something to read of (dream_plan.h) */
    int64_t id;     /* of the dream; 0: there is none */
    int64_t tokens; /* -1: unknown */
    double usd;     /* NAN: unknown */
    bool is_estimated; /* nobody counted some of the tokens */
    int cases;      /* that were run */
    char *broken;   /* a case that fails: everything was undone; or NULL */
};

/* tasks: names. -1: it could not be dreamt, and nothing was changed. */
int dream_run(const struct dream_config *config, const json_t *tasks,
              struct dream_outcome *out, struct error *err);
void dream_outcome_clear(struct dream_outcome *o);

#endif
