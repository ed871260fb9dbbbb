/* shard.h - the files that a coordinator and the shards of an evaluation write to each
 * other. */
#ifndef RATCHET_RUNNER_EVALUATE_CLUSTER_SHARD_H
#define RATCHET_RUNNER_EVALUATE_CLUSTER_SHARD_H

#include "base/words.h"
#include "runner/evaluate/evaluate.h"
#include "sandbox/wire.h"

/* An evaluation, cut into n_shards: shard s plays the requests i with i % n_shards ==
 * s. */
struct shard_job {
    char sha256[65];     /* of the file */
    char *kind;          /* of the coordinator's machine; see shard_kind */
    struct task *task;   /* owned */
    struct words plugins; /* paths */
    struct evaluation e; /* of this task; its strings are owned here */
    struct episode_request *requests;
    int n_requests, n_shards;
    struct tape *shadows; /* of the requests */
};

/* Writes the job into folder/job; its hash goes to sha256. */
int shard_job_save(const struct evaluation *e, const struct episode_request *requests,
                   int n, int n_shards, const char *folder, char sha256[65],
                   struct error *err);
/* registry takes the job's plug-ins. Whatever comes of it: shard_job_clear. */
int shard_job_load(struct shard_job *job, const char *folder,
                   struct env_registry *registry, struct error *err);
/* The same of a file's contents; path is for messages. */
int shard_job_read(struct shard_job *job, struct wire *w, const char *path,
                   struct env_registry *registry, struct error *err);
void shard_job_clear(struct shard_job *job);

#define SHARD_RESULT "ratchet result 2" /* what a result's file begins with */

/* What decides whether two machines give the same bits: processor, libraries.
 * malloc'd. */
char *shard_kind(void);
/* May a machine of the one kind play for a machine of the other? -1 with the reason. */
int shard_kind_fits(const struct env *env, const char *mine, const char *theirs,
                    const char *node, struct error *err);

/* Plays a shard of the folder's job and leaves folder/SHA256.result, whatever happens
 * short of a full disk: a shard that cannot play says why in it. */
int shard_play(const char *folder, int shard, struct env_registry *registry,
               const volatile sig_atomic_t *interrupted, struct error *err);

/* What a shard has to say: the results of its n requests, or the reason why it has
 * none. */
struct shard_leaving {
    const char *folder, *refusal; /* refusal: "" when it played */
    const struct shard_job *job;
    int shard, n;
    double started; /* clock_date */
    const struct episode_result *results;
};
/* Writes it as folder/SHA256.result, the file that its contents name. */
int shard_result_save(const struct shard_leaving *l, struct error *err);

/* A result's head. The episodes follow in the wire. */
struct shard_head {
    char *node, *kind, *refusal; /* refusal: "" or why it did not play */
    int shard;
    double started, seconds; /* Unix time; of playing */
    uint32_t n;
};
/* Reads a result file, which is hostile: its name must be its hash. -1: not a result of
 * this job. The head and the wire are the caller's: shard_head_clear, wire_clear. */
int shard_result_load(const char *path, const char *job_sha256, int n_shards,
                      struct shard_head *head, struct wire *in, struct error *err);
/* The same of a file's contents, whatever its name; the head is the caller's in any
 * case. */
int shard_result_read(struct wire *in, const char *job_sha256, int n_shards,
                      struct shard_head *head);
void shard_head_clear(struct shard_head *head);
/* The next episode of the wire, confirmed in `episode` as a worker's claim is. -1:
 * nonsense. *index is its request, which is one of the head's shard. */
int shard_result_next(struct wire *in, const struct evaluation *e,
                      struct episode *episode, const struct episode_request *requests,
                      int n_requests, int shard, int n_shards, int *index,
                      struct episode_result *out);

#endif
