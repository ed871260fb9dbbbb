/* cmd_improve.c - `ratchet improve`: the learning loop, its options, and what is told and
 * recorded of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/say.h"
#include "runner/agent/client.h"
#include "runner/cmd/improve.h"
#include "runner/learn/outcome.h"
#include "runner/model/model.h"
#include "runner/model/recorder.h"

static int open_provider(struct improve *m, const struct app *app,
                         const struct loop_config *loop, struct error *err)
{
    struct provider_config config = {
        .folder = m->run.folder,
        .seed = (uint64_t)m->run.seed,
        .interrupted = app->interrupted,
        .is_quiet = m->common.json,
        .agent_has_network = m->agent_network,
        .agent_reads = m->agent_reads,
        .agent_minutes = m->agent_minutes,
    };
    struct recorder_header header = { .model = m->run.model, .brief_format = "1" };
    int status;

    config.logs = m->logs = logs_path("");
    if (!app->client && provider_open(&m->provider, m->run.model, config, err) != 0)
        return -1;
    if (!provider_is_sealed(&m->provider)) {
        m->run.is_sealed = false;
        if (ledger_run_unseal(m->ledger, m->run.id, err) != 0)
            return -1;
    }
    as_recorded_limit(&m->session, &m->provider);
    if (!m->record)
        return 0;
    header.run = as_recorded_run(loop, &m->provider, err);
    status = header.run ? recorder_wrap(&m->provider, m->record, &header, m->resume, err)
                        : -1;
    json_decref(header.run);
    return status;
}

static void keep_outcome(struct improve *m, const char *incumbent, json_t *outcome)
{
    snprintf(m->best, sizeof(m->best), "%s", incumbent);
    if (m->record && !m->broken.text[0])
        recorder_outcome(&m->provider, outcome, &m->broken);
    json_decref(outcome);
}

static void on_start(void *user, const struct champion *start,
                     const struct tally_mark *played)
{
    struct improve *m = user;

    keep_outcome(m, start->sha256, outcome_of_start(start, played));
    climb_start(&m->climb, start, played);
}

static void on_iteration(void *user, const struct iteration *it)
{
    struct improve *m = user;

    keep_outcome(m, it->incumbent, outcome_to_json(it));
    climb_iteration(&m->climb, it);
}

static void on_challenger(void *user, const struct iteration *it)
{
    climb_challenger(&((struct improve *)user)->climb, it);
}

static void on_warning(void *user, const char *text)
{
    climb_warning(&((struct improve *)user)->climb, text);
}

static void on_progress(void *user, enum purpose purpose, int done, int n)
{
    climb_progress(&((struct improve *)user)->climb, purpose, done, n);
}

/* A run that has ended gives its salt to the session, which makes it one that anyone can
 * repeat: nothing may be judged by it any more. One that may go on keeps it. */
static int publish_salt(struct improve *m, const struct loop_outcome *o, bool *is_public,
                        struct error *err)
{
    json_t *end;
    int open, status = -1;

    *is_public = false;
    if (!m->record || o->is_interrupted || o->is_paused || loop_model_failed(o) ||
        loop_heard_nothing(o))
        return 0;
    open = ledger_salt_count_open(m->ledger, m->salt.sha256, m->run.id, err);
    if (open != 0) {
        if (open > 0)
            say_to(stderr,
                   "ratchet: %s: the salt stays out of it: %d other runs that have not "
                   "ended draw their hidden seeds from it\n",
                   m->record, open);
        return open < 0 ? -1 : 0;
    }
    end = json_pack("{s:s, s:s, s:s, s:o}", "salt", m->salt.hex, "stop_reason",
                    o->stop_reason, "policy_sha256", m->best, "retired",
                    ledger_query(m->ledger, LOOP_RETIRED, m->run.id, err));
    if (end && ledger_salt_publish(m->ledger, m->salt.sha256, "published", err) == 0)
        status = recorder_end(&m->provider, end, err);
    json_decref(end);
    *is_public = status == 0;
    return status;
}

static void print_head(const struct improve *m)
{
    say("%s: improving %s by %s; run %s\nhidden seeds come from %s salt with the hash "
        "%.16s...\n",
        m->task->name, m->start_name, m->run.model, m->run.name,
        m->session.is_used ? "the session's" : "a", m->run.salt_sha256);
    if (m->session.why_not[0])
        say("the session's own salt is not used: %s; verdicts may fall otherwise than "
            "when it was recorded\n",
            m->session.why_not);
    putchar('\n');
    fflush(stdout);
}

static void print_json(const struct improve *m, const struct loop_outcome *o,
                       bool is_public)
{
    json_t *json = climb_json(o, m->task->env->name, &m->run);

    json_object_set_new(json, "salt",
                        json_string(m->session.is_used ? "session" : "fresh"));
    json_object_set_new(json, "salt_sha256", json_string(m->run.salt_sha256));
    if (m->record) {
        json_object_set_new(json, "session", json_string(m->record));
        json_object_set_new(json, "salt_published", json_boolean(is_public));
    }
    cmd_print_json(json);
}

static int improve(struct improve *m, struct app *app, struct error *err)
{
    struct policy nothing = { .name = "", .source = "" };
    struct loop_outcome outcome;
    struct loop_config config = {
        .ledger = m->ledger,
        .run = &m->run,
        .envs = &app->envs,
        .base = common_evaluation(app, &m->common, m->task, &nothing),
        .salt = &m->salt,
        .provider = &m->provider,
        .start_name = base_name(m->start_name),
        .start_source = m->start_source,
        .folder = m->run.folder,
        .on_start = on_start,
        .on_iteration = on_iteration,
        .on_challenger = on_challenger,
        .on_warning = on_warning,
        .progress = on_progress,
        .user = m,
    };
    bool is_public;

    m->climb = (struct climb){ .is_quiet = m->common.json };
    as_recorded_loop(&m->session, &config);
    if (!m->common.json)
        print_head(m);
    if (open_provider(m, app, &config, err) != 0 ||
        loop_run(&config, &outcome, err) != 0 ||
        publish_salt(m, &outcome, &is_public, err) != 0)
        return EXIT_FAILED;
    if (m->common.json)
        print_json(m, &outcome, is_public);
    else
        climb_end(&outcome, m->task->env->name, m->ledger_path, &m->run);
    if (!m->common.json && m->record)
        say(is_public ? "\n%s: the session, with its salt; `ratchet reproduce %s` "
                        "plays it again\n"
                      : "\n%s: the session; its salt stays in the run's folder until "
                        "the run has ended\n",
            m->record, m->record);
    if (m->broken.text[0]) {
        *err = m->broken;
        return EXIT_FAILED;
    }
    if (outcome.is_interrupted)
        return EXIT_FAILED;
    if (loop_heard_nothing(&outcome) && loop_model_failed(&outcome))
        return error_set(err, "%s", outcome.stop_reason), EXIT_FAILED;
    if (loop_heard_nothing(&outcome))
        return error_set(err, "not one answer came from %s: %s", m->run.model,
                         outcome.stop_reason),
               EXIT_FAILED;
    return cmd_done();
}

static void clear(struct improve *m)
{
    if (m->lock >= 0)
        close(m->lock);
    provider_clear(&m->provider);
    as_recorded_clear(&m->session);
    ledger_close(m->ledger);
    ledger_run_clear(&m->run);
    task_destroy(m->task);
    common_clear(&m->common);
    free(m->ledger_path);
    free(m->logs);
    free(m->start_name);
    free(m->start_source);
    free(m->model);
    free(m->policy);
    free(m->out);
    free(m->name);
    free(m->record);
    free(m->seed_text);
    free(m->parents);
    xfree_list(m->agent_reads);
}

static int main_improve(const struct command *self, struct app *app, int argc,
                        const char **argv)
{
    struct improve m = { .lock = -1 };
    struct error err = { "" };
    int status;
    struct poptOption options[] = {
        { "model", 'm', POPT_ARG_STRING, &m.model, 0,
          "who rewrites the policy: openai, anthropic, files, recorded, search, best-of, "
          "command, ensemble (see `ratchet doctor`)",
          "PROVIDER[:NAME]" },
        { "policy", 'p', POPT_ARG_STRING, &m.policy, 0, "start from this policy",
          "FILE.lua" },
        { "out", 'o', POPT_ARG_STRING, &m.out, 0,
          "the run's folder (default: a new one in logs/)", "DIR" },
        { "resume", '\0', POPT_ARG_NONE, &m.resume, 0,
          "go on with the named session, with the run in --out, or with the latest",
          NULL },
        { "session", '\0', POPT_ARG_STRING, &m.name, 0,
          "the run's name, by which every command finds it (see `ratchet sessions`)",
          "NAME" },
        { "record", '\0', POPT_ARG_STRING, &m.record, 0,
          "keep the model's replies and their outcomes as a session, for `ratchet "
          "reproduce` and --model recorded:FILE; when the run has ended, its salt is "
          "added and it cannot be resumed",
          "FILE" },
        { "fresh-salt", '\0', POPT_ARG_NONE, &m.fresh_salt, 0,
          "recorded: draw new hidden seeds instead of those of the session", NULL },
        { "parents", '\0', POPT_ARG_STRING, &m.parents, 0,
          "when stuck, go on from the best policy (the default), or from an archive of "
          "candidates that behave differently",
          "best|archive" },
        { "iterations", 'n', POPT_ARG_INT, &m.iterations, 0,
          "stop after so many candidates",
          "N" },
        { "max-usd", '\0', POPT_ARG_DOUBLE, &m.max_usd, 0,
          "spend at most this much on the model", "USD" },
        { "max-tokens", '\0', POPT_ARG_LONGLONG, &m.max_tokens, 0,
          "use at most this many tokens, in and out", "N" },
        { "max-calls", '\0', POPT_ARG_LONGLONG, &m.max_calls, 0,
          "ask the model at most this many times", "N" },
        { "max-minutes", '\0', POPT_ARG_DOUBLE, &m.max_minutes, 0,
          "work at most this many minutes",
          "M" },
        { "agent-network", '\0', POPT_ARG_NONE, &m.agent_network, 0,
          "command: let the agent use the network", NULL },
        { "agent-read", '\0', POPT_ARG_ARGV, &m.agent_reads, 0,
          "command: a path that the agent may read besides /usr (its own programs and "
          "settings); one that shows a ledger, a salt, a replay or a session marks "
          "the run as unsealed",
          "PATH" },
        { "agent-minutes", '\0', POPT_ARG_DOUBLE, &m.agent_minutes, 0,
          "command: its time for one candidate (default: 30)", "M" },
        { "seed", '\0', POPT_ARG_STRING, &m.seed_text, 0,
          "seed of the search's random numbers",
          "S" },
        JOBS_TABLE(m.common),
        ENGINE_TABLE(m.common),
        COMMON_TABLE(m.common),
        POPT_TABLEEND,
    };
    const char **args = cmd_parse(self, app, argc, argv, options, 0, 1, &status);

    if (!args)
        return status;
    if (!m.resume && !args[0]) {
        error_set(&err, "improve: name an environment or a task, or --resume a run");
        status = EXIT_USAGE;
    } else if (cmd_seed(m.seed_text, &m.seed, &err) != 0) {
        status = EXIT_USAGE;
    } else if (m.model && provider_check(m.model, &err) != 0) {
        status = EXIT_USAGE;
    } else {
        int prepared = improve_prepare(&m, app, args[0], &err);
        status = prepared == 0  ? improve(&m, app, &err)
                 : prepared > 0 ? EXIT_DONE
                                : EXIT_FAILED;
    }
    if (status != EXIT_DONE && err.text[0]) {
        cmd_fail(status, &err);
        if (app->client && m.provider.kind)
            client_refuse(&m.provider, &err);
    }
    clear(&m);
    cmd_free_args(args);
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
    .run = main_improve,
};
