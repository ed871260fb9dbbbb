/* improve_run.c - a run of the learning loop, with what is told and recorded of it. */
#include "runner/evaluate/setup.h"
#include "runner/experiment/improve.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/places.h"
#include "base/say.h"
#include "runner/learn/outcome.h"
#include "runner/model/recorder.h"

static int open_provider(struct improve *m, const struct loop_config *loop, struct error *err)
{
    struct provider_config config = {
        .folder = m->run.folder,
        .seed = (uint64_t)m->run.seed,
        .interrupted = m->setup->interrupted,
        .is_quiet = m->setup->json,
        .agent_has_network = m->agent_network,
        .agent_may_unseal = m->unsealed,
        .agent_reads = m->agent_reads,
        .agent_env = m->agent_env,
        .agent_copies = m->agent_copies,
        .agent_minutes = m->agent_minutes,
    };
    char format[16];
    struct recorder_header header = { .model = m->run.model, .brief_format = format };
    int status;

    snprintf(format, sizeof(format), "%d", (int)m->run.brief_format);
    config.logs = m->logs = logs_path("");
    if (!m->client && provider_open(&m->provider, m->o.model ? m->o.model : m->run.model,
                                    config, err) != 0)
        return -1;
    if (!provider_is_sealed(&m->provider)) {
        m->run.is_sealed = false;
        if (ledger_run_unseal(m->ledger, m->run.id, err) != 0)
            return -1;
    }
    as_recorded_limit(&m->session, &m->provider);
    if (!m->o.record)
        return 0;
    header.run = as_recorded_run(loop, &m->provider, err);
    status = header.run ? recorder_wrap(&m->provider, m->o.record, &header, m->o.resume, err)
                        : -1;
    json_decref(header.run);
    return status;
}

static void keep_outcome(struct improve *m, const char *incumbent, json_t *outcome)
{
    snprintf(m->best, sizeof(m->best), "%s", incumbent);
    if (m->o.record && !m->broken.text[0])
        recorder_outcome(&m->provider, outcome, &m->broken);
    json_decref(outcome);
}

static void improve_run_on_start(void *user, const struct champion *start,
                                 const struct tally_mark *played)
{
    struct improve *m = user;

    keep_outcome(m, start->sha256, outcome_of_start(start, played));
    climb_start(&m->climb, start, played);
}

static void improve_run_on_iteration(void *user, const struct iteration *it)
{
    struct improve *m = user;

    keep_outcome(m, it->incumbent, outcome_to_json(it));
    climb_iteration(&m->climb, it);
}

static void on_challenger(void *user, const struct iteration *it)
{
    climb_challenger(&((struct improve *)user)->climb, it);
}

static void improve_run_on_warning(void *user, const char *text)
{
    climb_warning(&((struct improve *)user)->climb, text);
}

static void improve_run_on_progress(void *user, enum purpose purpose, int done, int n)
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
    if (!m->o.record || o->is_interrupted || o->is_paused || o->has_model_failed ||
        loop_heard_nothing(o))
        return 0;
    open = ledger_salt_count_open(m->ledger, m->salt.sha256, m->run.id, err);
    if (open != 0) {
        if (open > 0)
            say_to(stderr,
                   "ratchet: %s: the salt stays out of it: %d other runs that have not "
                   "ended draw their hidden seeds from it\n",
                   m->o.record, open);
        return open < 0 ? -1 : 0;
    }
    end = json_pack("{s:s, s:s, s:s, s:o}", "salt", m->salt.hex, "stop_reason",
                    o->stop_reason, "policy_sha256", m->best, "retired",
                    as_recorded_retired(m->ledger, m->run.id, err));
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

static void improve_run_print_json(const struct improve *m, const struct loop_outcome *o,
                                   bool is_public)
{
    json_t *json = climb_json(o, m->task->env->name, &m->run);

    json_object_set_new(json, "salt",
                        json_string(m->session.is_used ? "session" : "fresh"));
    json_object_set_new(json, "salt_sha256", json_string(m->run.salt_sha256));
    if (m->o.record) {
        json_object_set_new(json, "session", json_string(m->o.record));
        json_object_set_new(json, "salt_published", json_boolean(is_public));
    }
    say_result(json);
}

static int improve_run_improve(struct improve *m, struct error *err)
{
    struct loop_outcome outcome;
    struct loop_config config = {
        .ledger = m->ledger,
        .run = &m->run,
        .base = { .task = m->task, .setup = *m->setup },
        .salt = &m->salt,
        .provider = &m->provider,
        .start_name = file_name(m->start_name),
        .start_source = m->start_source,
        .folder = m->run.folder,
        .on_start = improve_run_on_start,
        .on_iteration = improve_run_on_iteration,
        .on_challenger = on_challenger,
        .on_warning = improve_run_on_warning,
        .progress = improve_run_on_progress,
        .user = m,
    };
    bool is_public;

    m->climb = (struct climb){ .is_quiet = m->setup->json };
    as_recorded_loop(&m->session, &config);
    if (!m->setup->json)
        print_head(m);
    if (open_provider(m, &config, err) != 0 ||
        loop_run(&config, &outcome, err) != 0 ||
        publish_salt(m, &outcome, &is_public, err) != 0)
        return -1;
    if (m->setup->json)
        improve_run_print_json(m, &outcome, is_public);
    else
        climb_end(&outcome, m->task->env->name, m->ledger_path, &m->run);
    if (!m->setup->json && m->o.record)
        say(is_public ? "\n%s: the session, with its salt; `ratchet reproduce %s` "
                        "plays it again\n"
                      : "\n%s: the session; its salt stays in the run's folder until "
                        "the run has ended\n",
            m->o.record, m->o.record);
    if (m->broken.text[0]) {
        *err = m->broken;
        return -1;
    }
    if (outcome.is_interrupted)
        return -1;
    if (loop_heard_nothing(&outcome) && outcome.has_model_failed)
        return error_set(err, "%s", outcome.stop_reason);
    if (loop_heard_nothing(&outcome))
        return error_set(err, "not one answer came from %s: %s", m->run.model,
                         outcome.stop_reason);
    return 0;
}

void improve_clear(struct improve *m)
{
    if (m->lock >= 0)
        close(m->lock);
    provider_clear(&m->provider);
    as_recorded_clear(&m->session);
    ledger_close(m->ledger);
    ledger_run_clear(&m->run);
    task_destroy(m->task);
    free(m->ledger_path);
    free(m->logs);
    free(m->start_name);
    free(m->start_source);
}

int improve_run(struct improve *m, const char *name, struct error *err)
{
    int prepared;

    m->lock = -1;
    prepared = improve_prepare(m, name, err);
    return prepared == 0 ? improve_run_improve(m, err) : prepared > 0 ? 0 : -1;
}
