/* cmd_improve.c - `ratchet improve`: the options of a run of the learning loop. */
#include <stdlib.h>
#include <unistd.h>

#include "base/scoped.h"
#include "runner/agent/copies.h"
#include "runner/cmd/cmd.h"
#include "runner/experiment/improve.h"
#include "runner/home/opened_run.h"
#include "runner/home/run_folder.h"
#include "runner/model/model.h"
#include "runner/model/spec.h"

/* clang-format off */
static const struct option options[] = {
    PART_OF(improve, o, options_run, "model policy out resume record iterations "
            "max-usd max-tokens max-calls max-minutes seed"),
    { "model-option", '\0', LIST_IN(improve, model_options), "KEY=JSON",
      "a setting of the model: reasoning_effort, temperature, max_tokens, base, key, "
      "headers, body... (see docs/models.md)" },
    { "session", '\0', TEXT_IN(improve, name), "NAME",
      "the run's name, by which every command finds it (see `ratchet sessions`)" },
    { "fresh-salt", '\0', FLAG_IN(improve, fresh_salt), NULL,
      "recorded: draw new hidden seeds instead of those of the session" },
    { "parents", '\0', TEXT_IN(improve, parents), "best|archive",
      "when stuck, go on from the best policy (the default), or from an archive of "
      "candidates that behave differently" },
    { "after-target", '\0', TEXT_IN(improve, after_target), "climb|simplify|stop",
      "once the target is reached on hidden seeds: go on for a higher mean, ask for less "
      "code (the default), or end the run" },
    { "agent-network", '\0', FLAG_IN(improve, agent_network), NULL,
      "command: let the agent use the network" },
    { "agent-read", '\0', LIST_IN(improve, agent_reads), "PATH",
      "command: a path that the agent may read besides /usr (its own programs and "
      "settings); one that shows a ledger, a salt, a replay or a session unseals "
      "the run" },
    { "agent-env", '\0', LIST_IN(improve, agent_env), "NAME",
      "command: a variable of yours that the agent gets, a key for example; its value is "
      "recorded nowhere" },
    { "agent-copy", '\0', LIST_IN(improve, agent_copies), "PATH",
      "command: a file or folder of settings that the agent gets a copy of, in a home "
      "of its own that is removed when it ends" },
    { "unsealed", '\0', FLAG_IN(improve, unsealed), NULL,
      "command: run the agent also where it cannot be sealed; the run is marked so" },
    { "agent-minutes", '\0', AMOUNT_IN(improve, agent_minutes), "M",
      "command: its time for one candidate (default: 30)" },
    GROUP_OF(options_setup),
    { 0 },
};
/* clang-format on */

/* `sessions resume`: STOP has done its work. */
static int take_stop(struct call *c)
{
    struct opened_run *o = c->opened;
    int found = call_ledger(c) == 0
                    ? run_folder_find(o->ledger, c->args[0], &o->run, &c->err)
                    : -1;
    scoped char *stop = NULL;

    if (found == 0)
        error_set(&c->err, "%s: no such run; `ratchet ledger` lists them", c->args[0]);
    if (found != 1)
        return -1;
    run_settle(&o->run);
    stop = xasprintf("%s/STOP", o->run.folder);
    if (!run_is_locked(o->run.folder))
        unlink(stop);
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
    m->o.resume |= c->verb != NULL;
    if (!m->o.resume && !c->args[0])
        return call_misused(c, "name an environment or a task, or --resume a run");
    if (m->model_options && !m->o.model)
        return call_misused(c, "--model-option needs a --model");
    for (char **o = m->model_options; o && *o; o++)
        if (spec_add(&m->o.model, *o, &c->err) != 0)
            return EXIT_USAGE;
    if (m->o.model && provider_check(m->o.model, &c->err) != 0)
        return EXIT_USAGE;
    if (copies_check("--agent-read", m->agent_reads, &c->err) != 0 ||
        copies_check("--agent-copy", m->agent_copies, &c->err) != 0 ||
        copies_check_names(m->agent_env, &c->err) != 0)
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
