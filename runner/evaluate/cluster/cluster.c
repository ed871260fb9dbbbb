/* cluster.c - the coordinator of a job array: hands out shards, confirms and merges what
 * they leave on the shared folder, and runs again what was lost or is late.
 *
 * The folder is the truth: a shard is done when a result of it has been read and every
 * episode in it confirmed. Slurm is asked only whether a shard that is not done can still
 * be hoped for. */
#include "runner/evaluate/cluster/cluster.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/places.h"
#include "runner/evaluate/cluster/shard.h"
#include "runner/evaluate/cluster/slurm.h"
#include "runner/evaluate/pool.h"
#include "runner/evaluate/worst.h"

#define MOST_TRIES 5   /* of a shard */
#define MOST_ARRAYS 64 /* of an evaluation */
#define POLL_MS 50
#define LOOK_MS 1000   /* between questions to the controller */
#define DEAF_MS 300000 /* without an answer of its: the evaluation ends */

#define MOST_CHECKERS 64

/* Plays what one result says, in an instance of its own. */
struct checker {
    struct coordinator *c;
    struct episode episode;
    void *instance; /* NULL: not used yet */
    char *path;
    struct shard_head head;
    struct wire in;
    bool is_bad;
    pthread_t thread;
};

struct shard_state {
    bool is_done, is_late;
    int n_tries, n_misses; /* misses: looks in a row that did not find it */
};

struct coordinator {
    const struct evaluation *e;
    const struct episode_request *requests;
    struct episode_result *results;
    int n, n_shards, n_done;
    int n_cpus;          /* workers of each task of the array */
    double late_s;       /* a shard that runs so long after the others is started again */
    char *shared;        /* with the nodes; made if it is missing */
    char *folder, *kind; /* folder: of this evaluation */
    char job_sha256[65];
    struct shard_state *shards;
    char arrays[MOST_ARRAYS][32];
    int n_arrays;
    struct checker *checkers; /* one a core; n_full of them hold a result */
    int n_checkers, n_full;

    double submitted, submit_s, verify_s, slowest_s, last_s, played_s, waited_s, first_s;
    int n_lost, n_late, n_duplicates, n_bad, n_again;
    json_t *nodes;    /* name: shards */
    struct error why; /* of the last refusal */
};

static bool cluster_is_interrupted(const struct coordinator *c)
{
    return setup_is_interrupted(&c->e->setup);
}

/* A folder of this evaluation's own, by its full name: nodes start elsewhere. */
static int cluster_make_folder(struct coordinator *c, struct error *err)
{
    char full[PATH_MAX];

    file_make_folders(c->shared, NULL); /* what is amiss with it is told next */
    if (!realpath(c->shared, full))
        return error_set(err, "%s: %s; --shared names a folder that all nodes see",
                         c->shared, strerror(errno));
    c->folder = xasprintf("%s/evaluation-XXXXXX", full);
    if (!mkdtemp(c->folder))
        return error_set(err, "%s: cannot make a folder here: %s", full, strerror(errno));
    return 0;
}

static int cluster_submit(struct coordinator *c, const int *shards, int n,
                          struct error *err)
{
    double start = clock_now();

    if (c->n_arrays == MOST_ARRAYS)
        return error_set(err, "%s: %d job arrays did not finish it; see the logs there",
                         c->folder, MOST_ARRAYS);
    if (slurm_submit(c->folder, shards, n, c->n_cpus, c->arrays[c->n_arrays], err) != 0)
        return -1;
    c->n_arrays++;
    for (int i = 0; i < n; i++)
        c->shards[shards[i]].n_tries++;
    c->submit_s += clock_now() - start;
    return 0;
}

/* Every episode of the shard, confirmed, or none of them. */
static int take_episodes(struct coordinator *c, struct episode *episode,
                         const struct shard_head *head, struct wire *in)
{
    int wanted = (c->n - head->shard + c->n_shards - 1) / c->n_shards, n = 0, index;
    bool is_bad = head->n != (uint32_t)wanted;

    for (; !is_bad && n < wanted; n++) {
        struct episode_result r = { 0 };
        is_bad = shard_result_next(in, c->e, episode, c->requests, c->n, head->shard,
                                   c->n_shards, &index, &r) != 0 ||
                 c->results[index].is_done;
        if (is_bad)
            results_clear(&r, 1);
        else
            c->results[index] = r;
    }
    if (!is_bad && wire_is_done(in))
        return 0;
    for (int i = head->shard; i < c->n; i += c->n_shards)
        results_clear(&c->results[i], 1);
    return -1;
}

static void cluster_merge(struct coordinator *c, const struct shard_head *head)
{
    json_t *count = json_object_get(c->nodes, head->node);
    double t = clock_now();

    json_object_set_new(c->nodes, head->node,
                        json_integer(json_integer_value(count) + 1));
    c->shards[head->shard].is_done = true;
    c->n_done++;
    c->slowest_s = head->seconds > c->slowest_s ? head->seconds : c->slowest_s;
    c->played_s += head->seconds;
    c->waited_s += head->started - c->submitted;
    if (c->n_done == 1)
        c->first_s = head->started - c->submitted;
    c->last_s = t;
    for (int i = head->shard; i < c->n; i += c->n_shards)
        if (!c->results[i].fault && c->e->on_result)
            c->e->on_result(c->e->user, i, &c->results[i]);
}

/* A fault is the word of a node alone: actions that end early cannot be told from actions
 * that were cut off, and an episode that was lost has none. Each is played here before it
 * counts. */
static int cluster_play_again(struct coordinator *c, struct error *err)
{
    struct evaluation here = *c->e;
    struct episode_request *requests = xcalloc((size_t)c->n, sizeof(*requests));
    struct episode_result *played = xcalloc((size_t)c->n, sizeof(*played));
    int *place = xcalloc((size_t)c->n, sizeof(*place)), n = 0, status = 0;

    for (int i = 0; i < c->n; i++)
        if (c->results[i].is_done && c->results[i].fault) {
            place[n] = i;
            requests[n++] = c->requests[i];
        }
    here.on_result = NULL;
    if (n)
        status = pool_play(&here, requests, n, played, NULL, worst_measure, err);
    for (int i = 0; i < n && status == 0; i++) {
        results_clear(&c->results[place[i]], 1);
        c->results[place[i]] = played[i];
        if (played[i].is_done && c->e->on_result)
            c->e->on_result(c->e->user, place[i], &c->results[place[i]]);
    }
    c->n_again = n;
    free(requests);
    free(played);
    free(place);
    return status;
}

static void *cluster_check(void *user)
{
    struct checker *k = user;

    k->is_bad = take_episodes(k->c, &k->episode, &k->head, &k->in) != 0;
    return NULL;
}

static int open_checker(struct coordinator *c, struct checker *k, struct error *err)
{
    if (k->instance)
        return 0;
    k->c = c;
    k->instance = task_create_instance(c->e->task, err);
    if (!k->instance)
        return -1;
    episode_init(&k->episode, c->e->task->env, k->instance, &c->e->task->rules);
    return 0;
}

static void close_checkers(struct coordinator *c)
{
    for (int i = 0; i < c->n_checkers; i++)
        if (c->checkers[i].instance) {
            episode_clear(&c->checkers[i].episode);
            c->e->task->env->destroy(c->checkers[i].instance);
        }
    free(c->checkers);
}

/* Confirms the results that are held, all at once: they are of different shards, and so
 * of different episodes. A result that cannot be used is as good as lost. */
static void confirm(struct coordinator *c)
{
    double start = clock_now();
    int n_threads = 1;

    while (n_threads < c->n_full &&
           pthread_create(&c->checkers[n_threads].thread, NULL, cluster_check,
                          &c->checkers[n_threads]) == 0)
        n_threads++;
    if (c->n_full)
        cluster_check(&c->checkers[0]);
    for (int i = n_threads; i < c->n_full; i++)
        cluster_check(&c->checkers[i]);
    for (int i = 1; i < n_threads && i < c->n_full; i++)
        pthread_join(c->checkers[i].thread, NULL);
    for (int i = 0; i < c->n_full; i++) {
        struct checker *k = &c->checkers[i];
        if (k->is_bad)
            c->n_bad++,
                error_set(&c->why, "node %s: a result without sense", k->head.node);
        else
            cluster_merge(c, &k->head);
        shard_head_clear(&k->head);
        wire_clear(&k->in);
        unlink(k->path); /* read once, counted once */
        free(k->path);
    }
    c->n_full = 0;
    c->verify_s += clock_now() - start;
}

static bool is_held(const struct coordinator *c, int shard)
{
    for (int i = 0; i < c->n_full; i++)
        if (c->checkers[i].head.shard == shard)
            return true;
    return false;
}

/* Holds a result until it is confirmed. -1: its node may not play at all. */
static int take_result(struct coordinator *c, const char *path, struct error *err)
{
    struct shard_head head;
    struct wire in;
    struct checker *k;
    int status = 0;

    if (shard_result_load(path, c->job_sha256, c->n_shards, &head, &in, &c->why) != 0) {
        c->n_bad++;
        unlink(path);
        return 0;
    }
    if (c->n_full == c->n_checkers || is_held(c, head.shard))
        confirm(c);
    k = &c->checkers[c->n_full];
    if (c->shards[head.shard].is_done)
        c->n_duplicates++;
    else if (shard_kind_fits(c->e->task->env, c->kind, head.kind, head.node, err) != 0)
        status = -1;
    else if (head.refusal[0])
        error_set(&c->why, "node %s: %s", head.node, head.refusal);
    else if (open_checker(c, k, err) != 0)
        status = -1;
    else {
        k->head = head;
        k->in = in;
        k->path = xstrdup(path);
        c->n_full++;
        return 0;
    }
    unlink(path);
    shard_head_clear(&head);
    wire_clear(&in);
    return status;
}

static int cluster_take_results(struct coordinator *c, struct error *err)
{
    DIR *dir = opendir(c->folder);
    struct dirent *entry;
    int status = 0;

    if (!dir)
        return error_set(err, "%s: %s", c->folder, strerror(errno));
    while (status == 0 && !cluster_is_interrupted(c) && (entry = readdir(dir))) {
        const char *dot = strrchr(entry->d_name, '.');
        char *path;
        if (!dot || strcmp(dot, ".result") || dot - entry->d_name != 64)
            continue;
        path = xasprintf("%s/%s", c->folder, entry->d_name);
        status = take_result(c, path, err);
        free(path);
    }
    closedir(dir);
    confirm(c);
    return status;
}

/* Shards that nothing works on, and those that keep all others waiting. */
static int run_again(struct coordinator *c, const bool *is_live, const bool *is_running,
                     struct error *err)
{
    double idle = clock_now() - c->last_s;
    double patience = c->late_s > 3 * c->slowest_s ? c->late_s : 3 * c->slowest_s;
    int *list = xcalloc((size_t)c->n_shards, sizeof(*list)), n = 0, status = 0;

    for (int s = 0; s < c->n_shards; s++) {
        struct shard_state *state = &c->shards[s];
        bool is_late = is_running[s] && !state->is_late && c->n_done && idle > patience;
        if (state->is_done)
            continue;
        state->n_misses = is_live[s] ? 0 : state->n_misses + 1;
        if (state->n_misses < 2 && !is_late)
            continue; /* once may be a result that is on its way through the file system
                       */
        if (state->n_tries >= MOST_TRIES) {
            status = error_set(err, "shard %d was lost %d times%s%s; its logs are in %s",
                               s, state->n_tries, c->why.text[0] ? "; " : "", c->why.text,
                               c->folder);
            break;
        }
        c->n_late += is_late;
        c->n_lost += !is_late;
        state->is_late = is_late;
        state->n_misses = 0;
        list[n++] = s;
    }
    if (status == 0 && n) {
        status = cluster_submit(c, list, n, err);
        c->last_s = clock_now();
    }
    free(list);
    return status;
}

static int cluster_look(struct coordinator *c, double *heard, struct error *err)
{
    bool *is_live = xcalloc((size_t)c->n_shards, sizeof(*is_live));
    bool *is_running = xcalloc((size_t)c->n_shards, sizeof(*is_running));
    struct error why = { "" };
    int status = 0;

    for (int i = 0; i < c->n_arrays && status == 0; i++)
        status = slurm_look(c->arrays[i], is_live, is_running, c->n_shards, &why);
    if (status == 0) {
        *heard = clock_now();
        /* What has arrived while Slurm was asked is not lost. */
        status = cluster_take_results(c, err);
        if (status == 0 && c->n_done < c->n_shards)
            status = run_again(c, is_live, is_running, err);
    } else if ((clock_now() - *heard) * 1000 < DEAF_MS) {
        status = 0; /* it may come back */
    } else {
        *err = why;
    }
    free(is_live);
    free(is_running);
    return status;
}

static int coordinate(struct coordinator *c, struct error *err)
{
    int *all = xcalloc((size_t)c->n_shards, sizeof(*all)), status;
    double heard = clock_now(), looked = heard;

    for (int s = 0; s < c->n_shards; s++)
        all[s] = s;
    c->submitted = clock_date();
    c->last_s = heard;
    status = cluster_submit(c, all, c->n_shards, err);
    free(all);
    while (status == 0 && c->n_done < c->n_shards && !cluster_is_interrupted(c)) {
        status = cluster_take_results(c, err);
        if (status == 0 && c->n_done < c->n_shards &&
            (clock_now() - looked) * 1000 > LOOK_MS) {
            status = cluster_look(c, &heard, err);
            looked = clock_now();
        }
        if (status == 0 && c->n_done < c->n_shards)
            nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000 }, NULL);
    }
    if (c->n_done < c->n_shards || c->n_late)
        for (int i = 0; i < c->n_arrays; i++)
            slurm_cancel(c->arrays[i]);
    return status;
}

/* What the model of a larger cluster is made from; see docs/formats.md. */
static void write_costs(const struct coordinator *c, double seconds)
{
    char *path = xasprintf("%s/cluster.jsonl", c->shared);
    FILE *f = fopen(path, "ae");
    json_t *line = json_pack(
        "{s:i, s:i, s:i, s:O, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:i}",
        "episodes", c->n, "shards", c->n_shards, "cpus", c->n_cpus, "nodes",
        c->nodes, "seconds", json_finite(seconds), "submit_seconds",
        json_finite(c->submit_s), "first_start_seconds", json_finite(c->first_s),
        "mean_start_seconds", json_finite(c->waited_s / (c->n_done ? c->n_done : 1)),
        "played_seconds", json_finite(c->played_s), "merge_seconds",
        json_finite(c->verify_s), "lost", c->n_lost, "late", c->n_late, "duplicates",
        c->n_duplicates, "unusable", c->n_bad, "again", c->n_again);
    char *text = json_dumps(line, JSON_COMPACT);

    if (f) {
        fprintf(f, "%s\n", text);
        fclose(f);
    }
    free(text);
    json_decref(line);
    free(path);
}

int cluster_evaluate(const struct evaluation *e, const struct episode_request *requests,
                     int n, struct episode_result *results, struct error *err)
{
    const struct setup *s = &e->setup;
    int n_shards = s->shards ? s->shards : 16;
    struct evaluation mine = *e;
    struct coordinator c = { .e = e,
                             .requests = requests,
                             .results = results,
                             .n = n,
                             .n_shards = n_shards < n ? n_shards : n,
                             .n_cpus = s->jobs > 0 ? s->jobs : 1,
                             .late_s = s->late ? s->late : 30,
                             .shared = s->shared ? xstrdup(s->shared)
                                                 : logs_path("cluster"),
                             .nodes = json_object() };
    double start = clock_now();
    int status = -1;

    memset(results, 0, sizeof(*results) * (size_t)n);
    mine.setup.jobs = c.n_cpus;
    c.kind = shard_kind();
    c.n_checkers = setup_cores() < MOST_CHECKERS ? setup_cores() : MOST_CHECKERS;
    c.checkers = xcalloc((size_t)c.n_checkers, sizeof(*c.checkers));
    c.shards = xcalloc((size_t)c.n_shards, sizeof(*c.shards));
    if (shard_kind_fits(e->task->env, c.kind, c.kind, "here", err) != 0 ||
        open_checker(&c, &c.checkers[0], err) != 0)
        goto out;
    if (cluster_make_folder(&c, err) == 0 &&
        shard_job_save(&mine, requests, n, c.n_shards, c.folder, c.job_sha256, err) == 0)
        status = coordinate(&c, err);
    if (status == 0)
        status = cluster_play_again(&c, err);
    if (status == 0) {
        write_costs(&c, clock_now() - start);
        file_remove_tree(c.folder);
    }
out:
    close_checkers(&c);
    json_decref(c.nodes);
    free(c.shards);
    free(c.shared);
    free(c.folder);
    free(c.kind);
    return status;
}
