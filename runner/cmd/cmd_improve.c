/* cmd_improve.c - `ratchet improve`: the options of a run of the learning loop. */
#include <stdlib.h>
#include <unistd.h>

#include "runner/cmd/cmd.h"
#include "runner/experiment/improve.h"
#include "runner/home/opened_run.h"
#include "runner/model/model.h"

/* clang-format off */
static const struct option options[] = {
    { "model", 'm', TEXT_IN(improve, model), "PROVIDER[:NAME]",
      "who rewrites the policy: openai, anthropic, files, recorded, search, best-of, "
      "command, ensemble (see `ratchet doctor`)" },
    { "policy", 'p', TEXT_IN(improve, policy), "FILE.lua",
      "start from this policy" },
    { "out", 'o', TEXT_IN(improve, out), "DIR",
      "the run's folder (default: a new one in logs/)" },
    { "resume", '\0', FLAG_IN(improve, resume), NULL,
      "go on with the named session, with the run in --out, or with the latest" },
    { "session", '\0', TEXT_IN(improve, name), "NAME",
      "the run's name, by which every command finds it (see `ratchet sessions`)" },
    { "record", '\0', TEXT_IN(improve, record), "FILE",
      "keep the model's replies and their outcomes as a session, for `ratchet "
      "reproduce` and --model recorded:FILE; when the run has ended, its salt is "
      "added and it cannot be resumed" },
    { "fresh-salt", '\0', FLAG_IN(improve, fresh_salt), NULL,
      "recorded: draw new hidden seeds instead of those of the session" },
    { "parents", '\0', TEXT_IN(improve, parents), "best|archive",
      "when stuck, go on from the best policy (the default), or from an archive of "
      "candidates that behave differently" },
    { "iterations", 'n', INT_IN(improve, iterations), "N",
      "stop after so many candidates" },
    { "max-usd", '\0', AMOUNT_IN(improve, max_usd), "USD",
      "spend at most this much on the model" },
    { "max-tokens", '\0', COUNT_IN(improve, max_tokens), "N",
      "use at most this many tokens, in and out" },
    { "max-calls", '\0', COUNT_IN(improve, max_calls), "N",
      "ask the model at most this many times" },
    { "max-minutes", '\0', AMOUNT_IN(improve, max_minutes), "M",
      "work at most this many minutes" },
    { "agent-network", '\0', FLAG_IN(improve, agent_network), NULL,
      "command: let the agent use the network" },
    { "agent-read", '\0', LIST_IN(improve, agent_reads), "PATH",
      "command: a path that the agent may read besides /usr (its own programs and "
      "settings); one that shows a ledger, a salt, a replay or a session marks "
      "the run as unsealed" },
    { "agent-minutes", '\0', AMOUNT_IN(improve, agent_minutes), "M",
      "command: its time for one candidate (default: 30)" },
    { "seed", '\0', TEXT_IN(improve, seed_text), "S",
      "seed of the search's random numbers" },
    GROUP_OF(options_jobs),
    GROUP_OF(options_engine),
    GROUP_OF(options_common),
    { 0 },
};
/* clang-format on */

/* `sessions resume`: STOP has done its work. */
static int take_stop(struct call *c)
{
    struct opened_run *o = c->opened;
    int found = call_ledger(c) == 0
                    ? ledger_session_find(o->ledger, c->args[0], &o->run, &c->err)
                    : -1;
    char *stop;

    if (found == 0)
        error_set(&c->err, "%s: no such run; `ratchet ledger` lists them", c->args[0]);
    if (found != 1)
        return -1;
    run_settle(&o->run);
    stop = xasprintf("%s/STOP", o->run.folder);
    if (!run_is_locked(o->run.folder))
        unlink(stop);
    free(stop);
    opened_run_clear(o);
    return 0;
}

static int exec_improve(struct call *c)
{
    struct improve *m = c->state;
    int status;

    m->setup = &c->setup;
    if (c->verb && take_stop(c) != 0)
        return EXIT_FAILED;
    m->resume |= c->verb != NULL;
    if (!m->resume && !c->args[0])
        return call_misused(c, "name an environment or a task, or --resume a run");
    if (cmd_seed(m->seed_text, &m->seed, &c->err) != 0 ||
        (m->model && provider_check(m->model, &c->err) != 0))
        return EXIT_USAGE;
    status = improve_run(m, c->args[0], &c->err) == 0 ? cmd_done() : EXIT_FAILED;
    improve_clear(m);
    return status;
}

const struct command cmd_improve = {
    .name = "improve",
    .args = "[ENV|TASK.json|SESSION]",
    .about = "let a model rewrite a policy, from failure to failure",
    .details =
        "Evaluates the policy on dev seeds, finds its failures, tells the model, and judges what it\n"
        "answers: regression cases first, then pairs of episodes on hidden seeds. Everything is in\n"
        "the ledger as it happens; a run that was killed goes on with --resume. Exit status 1 when it\n"
        "was interrupted, or when the model gave no answer at all.\n"
        "The --max options are checked before each call of the model, with a warning at 50 and 80 %;\n"
        "a file named STOP in the run's folder ends it before the next call. Without --model it\n"
        "asks the OpenAI-compatible API that the environment names, else plays the task's recorded\n"
        "session, else tunes the policy's declared parameters (search).",
    .example =
        "ratchet improve breakout\n"
        "ratchet improve cartpole --policy my.lua --model search --iterations 5\n"
        "ratchet improve breakout --model files --record session.jsonl\n"
        "ratchet improve breakout --session bold --model openai\n"
        "ratchet improve --resume bold",
    .options = options,
    .size = sizeof(struct improve),
    .n_max = 1,
    .exec = exec_improve,
};
