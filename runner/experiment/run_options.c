/* run_options.c - the options of a run of the learning loop, typed or as words of a command
 * line. */
#include "runner/experiment/run_options.h"

/* clang-format off */
const struct option options_run[] = {
    { "model", 'm', TEXT_IN(run_options, model), "PROVIDER[:NAME]",
      "who rewrites the policy: openai, anthropic, files, recorded, search, best-of, "
      "command, ensemble (see `ratchet doctor`)" },
    { "policy", 'p', TEXT_IN(run_options, policy), "FILE.lua",
      "start from this policy" },
    { "out", 'o', TEXT_IN(run_options, out), "DIR",
      "the run's folder (default: a new one in logs/)" },
    { "resume", '\0', FLAG_IN(run_options, resume), NULL,
      "go on with the named session, with the run in --out, or with the latest" },
    { "record", '\0', TEXT_IN(run_options, record), "FILE",
      "keep the model's replies and their outcomes as a session, for `ratchet "
      "reproduce` and --model recorded:FILE; when the run has ended, its salt is "
      "added and it cannot be resumed" },
    { "iterations", 'n', INT_IN(run_options, iterations), "N",
      "stop after so many candidates" },
    { "max-steps", '\0', COUNT_IN(run_options, max_steps), "N",
      "take at most this many steps of the environment" },
    { "max-usd", '\0', AMOUNT_IN(run_options, max_usd), "USD",
      "spend at most this much on the model" },
    { "max-tokens", '\0', COUNT_IN(run_options, max_tokens), "N",
      "use at most this many tokens, in and out" },
    { "max-calls", '\0', COUNT_IN(run_options, max_calls), "N",
      "ask the model at most this many times" },
    { "max-minutes", '\0', AMOUNT_IN(run_options, max_minutes), "M",
      "work at most this many minutes" },
    { "seed", '\0', SEED_IN(run_options, seed), "S",
      "seed of the search's random numbers" },
    { 0 },
};
/* clang-format on */

int run_check_splits(const struct task *t, struct error *err)
{
    const struct {
        const char *key, *opens;
        int n;
    } hidden[] = { { "holdout", "freeze", t->splits.holdout },
                   { "audit", "audit", t->splits.audit } };

    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (hidden[i].n < 2)
            return error_set(err,
                             "%s: %s = %d: one hidden seed gives `ratchet %s` a mean, but no "
                             "interval that says what it is worth; begin the run with "
                             "--set %s=2 or more (the default is 100)",
                             t->name, hidden[i].key, hidden[i].n, hidden[i].opens,
                             hidden[i].key);
    return 0;
}

void run_words(struct words *w, const char *task, const struct run_options *o,
               const struct setup *s)
{
    struct run_options run = *o;
    struct setup setup = *s;

    words_add(w, "improve");
    if (run.resume) {
        run.model = run.policy = NULL;
        run.seed.is_typed = false;
        setup.set = NULL;
    } else {
        words_add(w, task);
    }
    option_words(w, options_setup, &setup, &setup);
    if (run.max_steps > 0 && !run.resume) {
        words_add(w, "--set");
        words_addf(w, "steps=%lld", run.max_steps);
    }
    run.max_steps = 0;
    option_words(w, options_run, &run, &setup);
}
