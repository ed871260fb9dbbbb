/* improve_begin.c - finds what `ratchet improve` starts from: a new run's task, policy,
 * folder and salt, or the run that it goes on with, and its budgets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/places.h"
#include "base/say.h"
#include "base/scoped.h"
#include "runner/experiment/improve.h"
#include "runner/evaluate/setup.h"
#include "runner/home/opened_run.h"
#include "runner/home/run_folder.h"
#include "runner/model/wire/api_keys.h"

static int open_ledger(struct improve *m, struct error *err)
{
    scoped char *logs = logs_path("");
    int status = file_make_folders(logs, err);

    m->ledger_path = logs_path("ledger.sqlite");
    if (status == 0) {
        m->ledger = ledger_open(m->ledger_path, err);
        status = m->ledger ? 0 : -1;
    }
    return status;
}

/* The policy to start from: the user's, the task's first one, or its family's ("ale" of
 * "ale/pong"). */
static int find_start(struct improve *m, struct error *err)
{
    static const char *const names[] = { "start_plan.lua", "start.lua", "follow.lua" };
    const char *slash = strchr(m->task->name, '/');
    char *path = m->o.policy ? xstrdup(m->o.policy) : NULL;

    for (size_t i = m->task->plan ? 0 : 1; !path && i < sizeof(names) / sizeof(names[0]);
         i++)
        path = find_shipped("%s/%s", m->task->name, names[i]);
    if (!path && slash)
        path = find_shipped("%.*s/start.lua", (int)(slash - m->task->name),
                            m->task->name);
    if (path) {
        m->start_source = file_load_text(path, VM_MAX_SOURCE, err);
        m->start_name = path;
        return m->start_source ? 0 : -1;
    }
    return error_set(err, "%s: no policy to start from: name one with --policy FILE.lua",
                     m->task->name);
}

/* What to ask when --model is not given. */
static char *default_model(const struct improve *m)
{
    scoped char *session = NULL;

    if (getenv("OPENAI_API_KEY") || getenv("OPENAI_BASE_URL") ||
        getenv("OPENAI_API_BASE"))
        return xstrdup("openai");
    session = m->o.policy ? NULL : find_shipped("%s/session.jsonl", m->task->name);
    return session ? xasprintf("recorded:%s", session) : xstrdup("search");
}

/* A fresh folder under logs/, or the user's, which must not hold a run yet. Two that
 * begin at once get two. */
static int improve_begin_choose_folder(struct improve *m, struct error *err)
{
    char *plain = xstrdup(m->task->name);
    int status = 0;

    for (char *slash = plain; (slash = strchr(slash, '/'));)
        *slash = '-';
    if (m->o.out) {
        m->run.folder = run_folder_whole(m->o.out);
        if (mkdir(m->run.folder, 0700) != 0 && errno != EEXIST)
            status = error_set(err, "%s: cannot make this folder: %s", m->run.folder,
                               strerror(errno));
    }
    for (int i = 1; !m->run.folder; i++) {
        char *name = xasprintf("%s-%d", plain, i);
        m->run.folder = logs_path(name);
        free(name);
        if (mkdir(m->run.folder, 0700) == 0)
            break;
        if (errno != EEXIST)
            status = error_set(err, "%s: cannot make this folder: %s", m->run.folder,
                               strerror(errno));
        else
            free(m->run.folder), m->run.folder = NULL;
    }
    free(plain);
    return status;
}

/* Of a new run: nothing of another one may lie there, known or not. One whose folder was
 * removed gives its name away. */
static int claim_folder(struct improve *m, struct error *err)
{
    const char *name = m->o.out ? m->o.out : m->run.folder;
    bool holds = run_folder_holds(m->run.folder);
    struct ledger_run old;
    int found = run_folder_find(m->ledger, name, &old, err), status = 0;

    if (found == 1 && holds)
        status = error_set(err, "%s: holds a run already; --resume goes on with it", name);
    else if (holds && found == 0)
        status = error_set(err,
                           "%s: holds a run that %s does not know, and is left as it is: name "
                           "another folder, or go on with that run where its ledger lies "
                           "(RATCHET_HOME)",
                           name, m->ledger_path);
    else if (found == 1)
        status = ledger_run_retire(m->ledger, old.id, err);
    ledger_run_clear(&old);
    m->run.name = xstrdup(name);
    return found < 0 ? -1 : status;
}

/* What is recorded of a model: keys that were typed into a command are not. */
static char *recorded_model(const struct improve *m)
{
    char *model = xstrdup(m->o.model);

    if (strncmp(model, "command:", 8) == 0 && api_keys_blot(model))
        say_to(stderr, "ratchet: --model: what looks like a key in the command is kept as "
                       "asterisks; set it in the environment, where nothing records it\n");
    return model;
}

/* Every model that the run needs answers one tiny call, or the run does not begin, and
 * leaves nothing behind but a salt that was given beforehand. */
static int ask_before(struct improve *m, bool has_own_salt, struct error *err)
{
    struct provider_config config = { .seed = m->o.seed.value,
                                      .interrupted = m->setup->interrupted,
                                      .is_quiet = m->setup->json,
                                      .told = &m->told };
    struct error why = { "" };
    char *path;

    if (m->client || provider_answers(m->o.model ? m->o.model : m->run.model, config, &why) == 0)
        return 0;
    for (int i = has_own_salt ? 1 : 0; i < 2; i++) {
        path = xasprintf("%s/%s", m->run.folder, i ? "lock" : "salt");
        unlink(path);
        free(path);
    }
    rmdir(m->run.folder);
    return error_set(err, "the run does not begin: %.800s", why.text);
}

/* Its tokens and money are the run's. */
static int count_told(struct improve *m, struct error *err)
{
    const struct ledger_call call = { .model = m->run.model,
                                      .error = "asked before the start: it answers",
                                      .tokens_in = m->told.tokens_in,
                                      .tokens_cached = -1,
                                      .tokens_out = m->told.tokens_out,
                                      .tokens_reasoning = -1,
                                      .is_estimated = m->told.is_estimated,
                                      .usd = m->told.usd,
                                      .seconds = m->told.seconds,
                                      .tries = m->told.n_tries };

    return m->told.n_tries == 0 ? 0
                                : ledger_call_add(m->ledger, m->run.id, &call, err);
}

static int begin_run(struct improve *m, struct error *err)
{
    json_t *json;
    char sha[65], *salt_path;
    bool had_salt;
    int found;

    if (run_check_splits(m->task, err) != 0)
        return -1;
    json = task_to_json(m->task);
    m->run.task = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(json);
    if (improve_begin_choose_folder(m, err) != 0 ||
        run_lock(m->run.folder, &m->lock, err) != 0)
        return -1;
    if (claim_folder(m, err) != 0)
        return -1;
    m->run.model = m->o.model ? recorded_model(m) : default_model(m);
    if (as_recorded_open(&m->session, m->run.model, m->task, m->start_source, err) != 0)
        return -1;
    salt_path = xasprintf("%s/salt", m->run.folder);
    had_salt = access(salt_path, F_OK) == 0;
    found = as_recorded_salt(&m->session, &m->salt, salt_path, m->fresh_salt, err);
    free(salt_path);
    if (found != 0 || ask_before(m, had_salt, err) != 0)
        return -1;
    sha256_hex(m->start_source, strlen(m->start_source), sha);
    m->run.start_policy = xstrdup(m->start_name);
    m->run.start_sha256 = xstrdup(sha);
    m->run.salt_sha256 = xstrdup(m->salt.sha256);
    m->run.seed = (int64_t)m->o.seed.value; /* the same bits */
    m->run.is_sealed = true;
    m->run.env_version = m->task->env->version;
    m->run.chance = CHANCE_VERSION;
    m->run.brief_format = as_recorded_brief(&m->session);
    if (m->session.is_used &&
        ledger_salt_publish(m->ledger, m->salt.sha256, "session", err) != 0)
        return -1;
    if (run_check_salt(m->ledger, &m->run, err) != 0 ||
        ledger_run_add(m->ledger, &m->run, err) != 0 ||
        count_told(m, err) != 0 || run_folder_mark(&m->run, m->ledger_path, err) != 0)
        return -1;
    if (m->name && ledger_session_name(m->ledger, m->run.id, m->name, err) != 0) {
        ledger_run_set_state(m->ledger, m->run.id, RUN_stopped, err->text, NULL);
        return -1;
    }
    return 0;
}

/* Budgets that it got when it was resumed before. A ledger that does not tell them is an
 * error, not a run that got none. */
static int recall_budgets(struct improve *m, struct error *err)
{
    struct task_budget *b = &m->task->budget;
    scoped char *text = NULL;
    json_auto_t *json = NULL;
    json_int_t iterations = b->iterations, tokens = b->model_tokens,
               calls = b->model_calls;

    if (ledger_allowance_get(m->ledger, m->run.id, &text, err) != 0)
        return -1;
    json = text ? json_loads(text, 0, NULL) : NULL;
    if (text && !json_is_object(json)) {
        return error_set(err, "%s: the budget that it got is not JSON in the ledger",
                         m->run.name);
    }
    json_unpack(json, "{s?I, s?I, s?I, s?F, s?F}", "iterations", &iterations,
                "model_tokens", &tokens, "model_calls", &calls, "minutes", &b->minutes,
                "usd", &b->usd);
    b->iterations = iterations;
    b->model_tokens = tokens;
    b->model_calls = calls;
    return 0;
}

/* Those that it gets now, for the next time. */
static int keep_budgets(struct improve *m, struct error *err)
{
    json_auto_t *json = task_to_json(m->task);
    scoped char *now = json_dumps(json_object_get(json, "budget"),
                                  JSON_COMPACT | JSON_SORT_KEYS);
    int status = 0;

    if (m->o.iterations > 0 || m->o.max_minutes > 0 || m->o.max_usd > 0 || m->o.max_tokens > 0 ||
        m->o.max_calls > 0)
        status = ledger_allowance_add(m->ledger, m->run.id, now, err);
    return status;
}

/* The run of that session, or that --out names, or the latest, as it was started. */
static int improve_begin_find_run(struct improve *m, const char *name, struct error *err)
{
    const char *wanted = name ? name : m->name ? m->name : m->o.out;
    int found = run_folder_find(m->ledger, wanted, &m->run, err);
    json_t *json;
    char *salt_path;

    if (found == 0)
        return error_set(err, "%s: no run to go on with in %s",
                         wanted ? wanted : "--resume", m->ledger_path);
    if (found < 0 || setup_plugins(m->setup, err) != 0)
        return -1;
    run_settle(&m->run);
    json = json_loads(m->run.task, 0, NULL);
    m->task = task_from_json(m->setup->envs, json, m->run.folder, err);
    json_decref(json);
    if (!m->task || run_check_versions(&m->run, m->task, true, err) != 0)
        return -1;
    salt_path = xasprintf("%s/salt", m->run.folder);
    found = run_read_salt(&m->salt, salt_path, err);
    free(salt_path);
    if (found != 0)
        return -1;
    if (strcmp(m->salt.sha256, m->run.salt_sha256))
        return error_set(err, "%s/salt: not the salt that this run was started with",
                         m->run.folder);
    m->start_name = xstrdup(m->run.start_policy);
    m->start_source = ledger_source_get(m->ledger, m->run.start_sha256, err);
    if (!m->start_source || run_check_salt(m->ledger, &m->run, err) != 0 ||
        as_recorded_open(&m->session, m->run.model, m->task, m->start_source, err) != 0)
        return -1;
    m->session.is_used = m->session.is_same &&
                         !strcmp(m->salt.hex, session_file_salt(&m->session.file));
    return 0;
}

/* Also of a run that goes on: whoever resumes it may give it more. */
static void set_budgets(const struct improve *m)
{
    struct task_budget *b = &m->task->budget;

    if (m->o.iterations > 0)
        b->iterations = m->o.iterations;
    if (m->o.max_minutes > 0)
        b->minutes = m->o.max_minutes;
    if (m->o.max_usd > 0)
        b->usd = m->o.max_usd;
    if (m->o.max_tokens > 0)
        b->model_tokens = m->o.max_tokens;
    if (m->o.max_calls > 0)
        b->model_calls = m->o.max_calls;
}

/* One key of the task by an option of its own. */
static int improve_begin_set(struct improve *m, const char *key, const char *value,
                     struct error *err)
{
    char *setting = value ? xasprintf("%s=%s", key, value) : NULL;
    int status = setting ? task_set(m->task, setting, err) : 0;

    free(setting);
    return status;
}

static int improve_begin_find_task(struct improve *m, const char *name, struct error *err)
{
    m->task = setup_task(m->setup, name, err);
    if (!m->task)
        return -1;
    if (improve_begin_set(m, "parents", m->parents, err) != 0 ||
        improve_begin_set(m, "after_target", m->after_target, err) != 0)
        return -1;
    set_budgets(m);
    return find_start(m, err);
}

/* What a resumed run would not look at is refused. A client's server is started again with
 * the words that began the run, and goes on. */
static int check_resumed(const struct improve *m, struct error *err)
{
    const struct {
        const char *name;
        bool is_typed;
    } fixed[] = { { "--set", m->setup->set },
                  { "--policy", m->o.policy },      { "--parents", m->parents },
                  { "--seed", m->o.seed.is_typed },     { "--fresh-salt", m->fresh_salt } };

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]) && !m->client; i++)
        if (fixed[i].is_typed)
            return error_set(err,
                             "%s: a run that goes on keeps what it was started with; "
                             "--iterations and the --max options give it more",
                             fixed[i].name);
    return 0;
}

/* A number of a budget may be given anew; all else stays. Where they differ, and NULL where
 * they do not: what is said of it, for the caller to free. */
static char *improve_begin_differs(const json_t *typed, const json_t *kept)
{
    static const char *const given[] = { "iterations", "minutes", "usd", "model_tokens",
                                         "model_calls" };
    const char *key;
    json_t *was;
    char *said = NULL;

    json_object_foreach((json_t *)kept, key, was)
    {
        json_t *is = json_object_get(typed, key);
        bool may = false;
        for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
            may |= !strcmp(given[i], key);
        if (may || json_equal(is, was))
            continue;
        if (json_is_object(is) && json_is_object(was)) {
            said = improve_begin_differs(is, was);
        } else {
            char *a = json_dumps(was, JSON_ENCODE_ANY | JSON_COMPACT);
            char *b = is ? json_dumps(is, JSON_ENCODE_ANY | JSON_COMPACT) : xstrdup("nothing");
            said = xasprintf("it was begun with %s %.200s, not %.200s", key, a ? a : "",
                             b ? b : "");
            free(a);
            free(b);
        }
        if (said)
            break;
    }
    return said;
}

/* A client's server is started again with the words that began the run: with those, or with
 * fewer, it goes on; with others it would do something else than they say. `typed`: the task
 * of a file that is named, all of which was said; else NULL. */
static int check_typed(struct improve *m, const struct task *typed, const char *source,
                       struct error *err)
{
    struct task *mine = typed ? NULL : task_copy(m->task);
    json_t *is, *was = task_to_json(m->task);
    char *said = NULL, sha[65], *text = NULL;
    int status = 0;

    for (char **s = m->setup->set; mine && s && *s && status == 0; s++)
        status = task_set(mine, *s, err);
    is = task_to_json(typed ? typed : mine);
    if (status == 0)
        said = improve_begin_differs(is, was);
    if (status == 0 && !said && m->o.policy && !source)
        status = (source = text = file_load_text(m->o.policy, VM_MAX_SOURCE, err)) ? 0 : -1;
    if (status == 0 && !said && m->o.policy) {
        sha256_hex(source, strlen(source), sha);
        if (strcmp(sha, m->run.start_sha256))
            said = xasprintf("it was not begun from %s", m->o.policy);
    }
    if (said)
        status = error_set(err,
                           "%s: %s: a run that goes on keeps what it was begun with; leave that "
                           "out, or name another --out for a new run",
                           m->run.name, said);
    json_decref(is);
    json_decref(was);
    task_destroy(mine);
    free(said);
    free(text);
    return status;
}

/* The same for a client, whose words may be those of a new run. */
static int improve_begin_take_up(struct improve *m, const char *name, struct error *err)
{
    struct task *typed = m->task;
    char *source = m->start_source;
    int status;

    free(m->start_name);
    m->start_name = m->start_source = NULL;
    m->task = NULL;
    status = improve_begin_find_run(m, NULL, err);
    if (status == 0 && typed && strcmp(typed->env->name, m->task->env->name) != 0)
        status = error_set(err,
                           "%s: it was begun with %s, not %s: name another --out for a new run",
                           m->run.name, m->task->env->name, typed->env->name);
    if (status == 0)
        status = check_typed(m, name && strstr(name, ".json") ? typed : NULL, source, err);
    task_destroy(typed);
    free(source);
    return status;
}

/* A command that held a key is told again, for the key was not kept; no other model is. */
static int check_resumed_model(const struct improve *m, struct error *err)
{
    bool has_lost = strncmp(m->run.model, "command:", 8) == 0 &&
                    strstr(m->run.model, "********");
    char *typed = m->o.model ? xstrdup(m->o.model) : NULL;
    int status = 0;

    if (typed)
        api_keys_blot(typed);
    if (has_lost && !typed)
        status = error_set(err, "%s: its command held a key, which was not kept: give the "
                                "same --model again",
                           m->run.name);
    else if (typed && !m->client && (!has_lost || strcmp(typed, m->run.model) != 0))
        status = error_set(err, "--model: a run that goes on keeps what it was started with; "
                                "--iterations and the --max options give it more");
    free(typed);
    return status;
}

static int resume_run(struct improve *m, const char *name,
                      struct error *err)
{
    if (check_resumed(m, err) != 0)
        return -1;
    if ((m->client ? improve_begin_take_up(m, name, err)
                   : improve_begin_find_run(m, name, err)) != 0 ||
        run_lock(m->run.folder, &m->lock, err) != 0)
        return -1;
    if (check_resumed_model(m, err) != 0)
        return -1;
    if (m->client && strcmp(m->run.model, "mcp") != 0)
        return error_set(err, "%s: its model is %s, not an MCP client; `ratchet improve "
                              "--resume` goes on with it",
                         m->run.name, m->run.model);
    if (recall_budgets(m, err) != 0 ||
        improve_begin_set(m, "after_target", m->after_target, err) != 0)
        return -1;
    set_budgets(m);
    return keep_budgets(m, err);
}

int improve_prepare(struct improve *m, const char *name,
                    struct error *err)
{
    int wanted = 1, found = 0;

    if ((m->client ? name != NULL : !m->o.resume) &&
        improve_begin_find_task(m, name, err) != 0)
        return -1;
    if (m->client)
        wanted = client_await(m->client, m->setup->interrupted, &m->provider, err);
    if (wanted != 1)
        return wanted == 0 ? 1 : -1;
    run_folder_follow(m->o.resume && name && !m->client ? name : m->o.out);
    /* Clients start their servers again and again: the run goes on then. */
    if (m->client && m->o.out && !m->o.resume)
        found = run_exists(m->o.out, err);
    m->o.resume |= found == 1;
    if (found < 0 || open_ledger(m, err) != 0)
        return -1;
    if (m->o.resume)
        return resume_run(m, name, err);
    if (m->name && ledger_session_check(m->ledger, m->name, err) != 0)
        return -1;
    return begin_run(m, err);
}
