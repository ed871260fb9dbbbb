/* cmd_reproduce.c - `ratchet reproduce`: a recorded run is played again, to the same
 * verdicts, steps and trajectories, or it is said where it parts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/chance.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/say.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"
#include "runner/experiment/reproduce.h"
#include "runner/model/model.h"

struct reproduce {
    struct setup *setup;
    const char *name;    /* as it was typed */
    char *folder;        /* all that is written; goes in the end */
    char *session;       /* the session's file */
    bool is_run;         /* it comes from the ledger... */
    struct opened_run *o; /* ...of this run */
    struct as_recorded a;
    struct task *task;
    struct ledger *ledger;
    struct ledger_run run;
    struct salt salt;
    struct provider provider;
    struct climb climb;
    struct parting parting;
    int64_t n; /* iterations that were recorded */
    int64_t n_same, last_row;
    struct tally_mark sum;
    char policy[65];
    struct error broken;
};

static json_t *expected(const struct reproduce *r, int64_t iteration)
{
    return json_object_get(json_array_get(r->a.file.outcomes, (size_t)iteration),
                           "outcome");
}

static int is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

/* The run as a session of its own: replies from the ledger, the salt from its folder. */
static int reproduce_take_run(struct reproduce *r, struct error *err)
{
    scoped char *salt = NULL;
    int status = opened_run_find(r->o, r->setup, r->name, err);

    r->is_run = true;
    if (status == 0 && run_is_locked(r->o->run.folder))
        status = error_set(err, "%s: a process works on it; wait for its end", r->name);
    if (status == 0)
        status = run_check_versions(&r->o->run, r->o->task, false, err);
    if (status == 0) {
        salt = xasprintf("%s/salt", r->o->run.folder);
        status = run_read_salt(&r->o->salt, salt, err);
    }
    if (status == 0 && strcmp(r->o->salt.sha256, r->o->run.salt_sha256))
        status = error_set(err,
                           "%s: not the salt that this run was started with: its "
                           "hash was published as %.16s...",
                           salt, r->o->run.salt_sha256);
    r->session = xasprintf("%s/session.jsonl", r->folder);
    if (status == 0)
        status = reproduce_export(r->o, r->session, err);
    return status;
}

/* Can it be played again at all? */
static int check_session(struct reproduce *r, struct error *err)
{
    const struct session_file *f = &r->a.file;
    int64_t with = 0;

    if (f->format < 2 || !json_object_get(f->header, "run"))
        return error_set(
            err,
            "%s: it kept neither its salt nor what came of its replies%s: it "
            "can be played (--model recorded:%s), not reproduced",
            r->name, f->format < 2 ? " (format 1)" : "", r->name);
    if (!session_file_salt(f))
        return error_set(
            err,
            "%s: its salt is not in it, for its run has not ended; where the "
            "run's folder is, `ratchet reproduce FOLDER` takes it from there",
            r->name);
    r->n = (int64_t)json_array_size(f->outcomes) - 1;
    for (int64_t i = 0; i <= r->n; i++)
        if (json_integer_value(json_object_get(expected(r, i), "iteration")) != i)
            return error_set(err, "%s: what came of iteration %lld is not in it", r->name,
                             (long long)i);
    if (r->n < 1)
        return error_set(err, "%s: it holds no iteration: nothing to play again",
                         r->name);
    for (size_t i = 0; i < json_array_size(f->turns); i++) {
        int64_t at = json_integer_value(
            json_object_get(json_array_get(f->turns, i), "iteration"));
        with += at == with + 1 && at <= r->n;
    }
    if (with < r->n)
        return error_set(err, "%s: the replies of iteration %lld are not in it", r->name,
                         (long long)with + 1);
    return 0;
}

/* Nothing but the number of iterations ends it: not the time or the money of then. */
static int make_task(struct reproduce *r, struct error *err)
{
    struct task_budget *b;

    r->task = task_from_json(
        r->setup->envs, (json_t *)session_file_run(&r->a.file, "task"), r->name, err);
    if (!r->task)
        return -1;
    b = &r->task->budget;
    b->iterations = r->n;
    b->minutes = b->usd = 0;
    b->model_tokens = b->model_calls = 0;
    return 0;
}

static int make_run(struct reproduce *r, struct error *err)
{
    const json_t *start = session_file_run(&r->a.file, "start");
    const json_t *retired = json_object_get(r->a.file.end, "retired");
    scoped char *path = xasprintf("%s/ledger.sqlite", r->folder);
    json_auto_t *json = task_to_json(r->task);
    int status = -1;

    r->run = (struct ledger_run){
        .name = xasprintf("%s/run", r->folder),
        .folder = xasprintf("%s/run", r->folder),
        .task = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS),
        .model = xasprintf("recorded:%s", r->session),
        .start_policy = xstrdup(json_get_text(start, "name")),
        .start_sha256 = xstrdup(json_get_text(start, "sha256")),
        .salt_sha256 = xstrdup(r->salt.sha256),
        .seed = json_integer_value(session_file_run(&r->a.file, "seed")),
        .is_sealed = true,
        .env_version = r->task->env->version,
        .chance = CHANCE_VERSION,
        .brief_format = as_recorded_brief(&r->a),
    };
    r->ledger = ledger_open(path, err);
    if (r->ledger && file_make_folder(r->run.folder, err) == 0)
        status = ledger_run_add(r->ledger, &r->run, err);
    for (size_t i = 0; i < json_array_size(retired) && status == 0; i++) {
        const json_t *row = json_array_get(retired, i);
        status = ledger_case_add(
            r->ledger, r->run.id, json_integer_value(json_object_get(row, "iteration")),
            json_get_text(row, "name"), "", CASE_retired, "as recorded", err);
    }
    return status;
}

static void add_mark(struct reproduce *r, const struct tally_mark *m)
{
    for (int p = 0; p < N_PURPOSES; p++)
        r->sum.steps[p] += m->steps[p];
    r->sum.planner_steps += m->planner_steps;
    r->sum.episodes += m->episodes;
    r->sum.lost += m->lost;
}

/* One iteration beside what it came to then. The first difference ends the run, by the
 * file STOP. */
static void reproduce_judge(struct reproduce *r, int64_t iteration, json_t *is)
{
    struct outcome_parting p;
    scoped char *stop = NULL;

    if (!r->parting.is_found && !outcome_is_same(expected(r, iteration), is, &p))
        parting_set(&r->parting, iteration, p.what, p.was, p.is);
    if (r->is_run && reproduce_episodes(r->o, r->ledger, &r->last_row, iteration,
                                        &r->parting, &r->broken) != 0)
        parting_set(&r->parting, iteration, "its ledger cannot be read", "", "");
    json_decref(is);
    if (!r->parting.is_found) {
        r->n_same = iteration;
        return;
    }
    stop = xasprintf("%s/STOP", r->run.folder);
    file_save(stop, "", 0, NULL);
}

static void reproduce_on_start(void *user, const struct champion *start,
                               const struct tally_mark *played)
{
    struct reproduce *r = user;

    progress_erase();
    r->climb.iteration = 1;
    add_mark(r, played);
    snprintf(r->policy, sizeof(r->policy), "%s", start->sha256);
    reproduce_judge(r, 0, outcome_of_start(start, played));
}

static void reproduce_on_iteration(void *user, const struct iteration *it)
{
    struct reproduce *r = user;

    progress_erase();
    r->climb.iteration = it->number + 1;
    add_mark(r, &it->played);
    snprintf(r->policy, sizeof(r->policy), "%s", it->incumbent);
    reproduce_judge(r, it->number, outcome_to_json(it));
    if (!r->setup->json && !r->parting.is_found)
        say("%5lld  %s, as recorded: the same steps and trajectories\n",
            (long long)it->number, verdict_name(it->verdict));
    fflush(stdout);
}

static void reproduce_on_progress(void *user, enum purpose purpose, int done, int n)
{
    climb_progress(&((struct reproduce *)user)->climb, purpose, done, n);
}

/* What was recorded in other versions is not played: it would part, and nothing be altered. */
static int check_versions(const struct reproduce *r, struct error *err)
{
    const char *was = json_get_text(r->a.file.header, "ratchet");
    json_int_t env = json_integer_value(session_file_run(&r->a.file, "env_version"));

    if (*was && strcmp(was, RATCHET_VERSION))
        say_to(stderr, "ratchet: %s: recorded by ratchet %.40s, this is %s\n", r->name,
               was, RATCHET_VERSION);
    if (env == (json_int_t)r->task->env->version &&
        session_file_chance(&r->a.file) == CHANCE_VERSION)
        return 0;
    return error_set(err,
                     "%s: recorded in version %lld of %s (chance %lld), this is version %u "
                     "(chance %d), whose trajectories differ: play it with the ratchet that "
                     "recorded it, or record it anew",
                     r->name, (long long)env, r->task->env->name,
                     (long long)session_file_chance(&r->a.file), r->task->env->version,
                     CHANCE_VERSION);
}

static int reproduce_play(struct reproduce *r, struct error *err)
{
    const json_t *start = session_file_run(&r->a.file, "start");
    struct provider_config provider = { .folder = r->run.folder,
                                        .interrupted = r->setup->interrupted,
                                        .is_quiet = true };
    struct loop_outcome outcome;
    struct loop_config config = {
        .ledger = r->ledger,
        .run = &r->run,
        .base = { .task = r->task, .setup = *r->setup },
        .salt = &r->salt,
        .provider = &r->provider,
        .start_name = json_get_text(start, "name"),
        .start_source = json_get_text(start, "source"),
        .folder = r->run.folder,
        .on_start = reproduce_on_start,
        .on_iteration = reproduce_on_iteration,
        .progress = reproduce_on_progress,
        .user = r,
    };
    char was[80], is[80];

    if (provider_open(&r->provider, r->run.model, provider, err) != 0)
        return -1;
    as_recorded_limit(&r->a, &r->provider);
    as_recorded_loop(&r->a, &config);
    if (loop_run(&config, &outcome, err) != 0)
        return -1;
    if (outcome.is_interrupted)
        return error_set(err, "%s: interrupted after %lld of %lld iterations", r->name,
                         (long long)outcome.iterations, (long long)r->n);
    if (r->broken.text[0]) {
        *err = r->broken;
        return -1;
    }
    snprintf(was, sizeof(was), "%lld", (long long)r->n);
    snprintf(is, sizeof(is), "%lld (%.60s)", (long long)outcome.iterations,
             outcome.stop_reason);
    if (outcome.iterations < r->n)
        parting_set(&r->parting, outcome.iterations + 1, "iterations", was, is);
    if (*json_get_text(r->a.file.end, "policy_sha256") &&
        strcmp(json_get_text(r->a.file.end, "policy_sha256"), r->policy))
        parting_set(&r->parting, r->n, "the final policy (SHA-256)",
                    json_get_text(r->a.file.end, "policy_sha256"), r->policy);
    return 0;
}

static json_t *reproduce_to_json(const struct reproduce *r, double seconds, int64_t left)
{
    const struct parting *p = &r->parting;
    const char *was = json_get_text(r->a.file.header, "ratchet");
    json_t *played = outcome_played(&r->sum);
    json_t *json = json_pack(
        "{s:b, s:s, s:I, s:I, s:s, s:s, s:O, s:O, s:O, s:s, s:s*, s:I, s:i, s:o}",
        "reproduced", !p->is_found, "source", r->is_run ? "run" : "session", "iterations",
        (json_int_t)r->n, "same", (json_int_t)r->n_same, "salt_sha256", r->salt.sha256,
        "policy_sha256", r->policy, "steps", json_object_get(played, "steps"),
        "planner_steps", json_object_get(played, "planner"), "lost",
        json_object_get(played, "lost"), "played_by", RATCHET_VERSION, "recorded_by",
        *was ? was : NULL, "recorded_env_version",
        json_integer_value(session_file_run(&r->a.file, "env_version")), "env_version",
        (int)r->task->env->version, "seconds", json_finite(seconds));

    json_decref(played);
    json_object_set_new(json, "parts",
                        p->is_found ? json_pack("{s:I, s:s, s:s, s:s}", "iteration",
                                                (json_int_t)p->iteration, "what", p->what,
                                                "recorded", p->was, "came_out", p->is)
                                    : json_null());
    if (r->is_run)
        json_object_set_new(json, "episodes_left_out", json_integer(left));
    return json;
}

static void print_end(const struct reproduce *r, int64_t left)
{
    const struct parting *p = &r->parting;
    int64_t all = 0;

    for (int i = 0; i < N_PURPOSES; i++)
        all += r->sum.steps[i];
    if (p->is_found)
        say("\nit parts in iteration %lld%s: %s\n  recorded  %s\n  came out  %s\n",
            (long long)p->iteration, p->iteration ? "" : " (the start policy)", p->what,
            p->was, p->is);
    else
        say("\nreproduced: %lld iterations, %lld steps; verdicts, steps by purpose and "
            "trajectories are the same,\nand so is the final policy, %.16s...\n",
            (long long)r->n, (long long)all, r->policy);
    if (r->sum.lost)
        say("%lld episodes were lost to the clock here, and are not compared\n",
            (long long)r->sum.lost);
    if (left > 0)
        say("%lld more episodes are in the ledger, of an iteration that was not "
            "finished; they are not compared\n",
            (long long)left);
}

static int reproduce(struct reproduce *r, struct error *err)
{
    double started = clock_now();
    int64_t left = 0, altered;
    char *model, was[65], is[65];
    int status = -1;

    if (setup_plugins(r->setup, err) != 0)
        return EXIT_FAILED;
    if (is_file(r->name))
        r->session = xstrdup(r->name);
    else if (reproduce_take_run(r, err) != 0)
        return EXIT_FAILED;
    if (session_file_load(&r->a.file, r->session, err) != 0 ||
        check_session(r, err) != 0 || make_task(r, err) != 0)
        return EXIT_FAILED;
    session_file_clear(&r->a.file);
    model = xasprintf("recorded:%s", r->session);
    status = as_recorded_open(&r->a, model, r->task, "", err);
    free(model);
    if (status != 0 || salt_set(&r->salt, session_file_salt(&r->a.file)) != 0)
        return EXIT_FAILED;
    r->a.is_used = true; /* by another ratchet too: what differs is found */
    if (check_versions(r, err) != 0)
        return EXIT_FAILED;
    altered = session_file_altered(&r->a.file, was, is);
    if (altered)
        parting_set(&r->parting, altered, "the replies, which were altered (SHA-256)",
                    was, is);
    else if (make_run(r, err) != 0 || reproduce_play(r, err) != 0)
        return EXIT_FAILED;
    if (r->is_run && !r->parting.is_found) {
        left = reproduce_left_over(r->o, r->sum.episodes + r->sum.lost, err);
        if (left < 0)
            return EXIT_FAILED;
    }
    if (r->setup->json)
        say_result(reproduce_to_json(r, clock_now() - started, left));
    else
        print_end(r, left);
    return r->parting.is_found ? EXIT_FAILED : cmd_done();
}

static void reproduce_clear(struct reproduce *r)
{
    provider_clear(&r->provider);
    ledger_close(r->ledger);
    ledger_run_clear(&r->run);
    task_destroy(r->task);
    as_recorded_clear(&r->a);
    file_remove_tree(r->folder);
    free(r->session);
}

/* clang-format off */
static const struct option options[] = {
    GROUP_OF(option_plugin),
    GROUP_OF(option_json),
    GROUP_OF(options_jobs),
    GROUP_OF(options_engine),
    { 0 },
};
/* clang-format on */

static int exec_reproduce(struct call *c)
{
    struct reproduce *r = c->state;
    const char *temporary = getenv("TMPDIR");
    int status = EXIT_FAILED;

    r->setup = &c->setup;
    r->o = c->opened;
    r->name = c->args[0];
    r->folder = xasprintf("%s/ratchet-reproduce.XXXXXX",
                          temporary && *temporary ? temporary : "/tmp");
    if (mkdtemp(r->folder)) {
        status = reproduce(r, &c->err);
        reproduce_clear(r);
    } else {
        error_set(&c->err, "%s: %s", r->folder, strerror(errno));
    }
    free(r->folder);
    return status;
}

const struct command cmd_reproduce = {
    .name = "reproduce",
    .args = "SESSION.jsonl|RUN",
    .about = "play a recorded run again: the same verdicts, steps and hashes, or where it parts",
    .details =
        "A SESSION is what `improve --record` wrote; its salt is in it once its run has ended, and\n"
        "must be the one whose hash was published when the run started. One of another version of the\n"
        "environment or of chance is refused. A RUN is its name or its\n"
        "folder: the ledger keeps its replies, its folder the salt. The replies are judged anew, in\n"
        "a folder of its own that is removed again, and each iteration is compared: candidate,\n"
        "verdict, steps by purpose, every trajectory, the gate's bounds, cases, the incumbent.\n"
        "Seconds, money and budgets of time are not compared; they decide no verdict. Exit status\n"
        "1, with the first iteration, quantity and both values, where it parts.",
    .example = "ratchet reproduce session.jsonl\nratchet reproduce logs/breakout-1 --json",
    .options = options,
    .size = sizeof(struct reproduce),
    .initial = &(const struct reproduce){ .climb = { .is_quiet = true } },
    .n_min = 1,
    .n_max = 1,
    .exec = exec_reproduce,
};
