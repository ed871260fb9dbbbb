/* process.h - the harness's side of one worker process: started, spoken to, watched,
 * ended. */
#ifndef RATCHET_RUNNER_EVALUATE_PROCESS_H
#define RATCHET_RUNNER_EVALUATE_PROCESS_H

#include <signal.h>
#include <sys/types.h>

#include "base/error.h"
#include "runner/evaluate/evaluate.h"
#include "sandbox/job.h"

struct watch;

/* Belongs to the thread that started it; the watch looks at it from its own. */
struct process {
    pid_t pid; /* 0: not running */
    int pidfd, socket;
    struct worker_shared *shared; /* hostile memory */
    struct watch *watch;
    int watch_index;
    struct wire in;   /* the last message received */
    bool is_nonsense; /* it spoke, but not the protocol */
};

/* What a worker said when it was ready to play. */
struct ready {
    uint32_t layers;       /* of the jail */
    struct vm_fault fault; /* of loading the policy */
    struct vm_param params[VM_MAX_PARAMS];
    int n_params;
    char unknown_globals[512]; /* where the job wants them; "" for none */
};

/* The job of an evaluation, inside mode; everything in it is borrowed from the
 * evaluation. */
struct job evaluation_job(const struct evaluation *e);

/* Starts a worker with a job and waits for it to be ready. -1: the harness's own failure
 * (no worker binary, no jail, the environment cannot be created); a policy that cannot be
 * loaded, or with which the worker was lost, is a fault in ready. */
int process_start(struct process *p, struct watch *watch, const struct job *job,
                  struct ready *ready, struct error *err);

/* The body of MESSAGE_PLAY. */
void process_put_episodes(struct wire *w, const struct episode_request *requests, int n);
int process_send(struct process *p, uint32_t type, const struct wire *w);
/* Waits for the next message, of the type that is expected; it is in p->in. -1: see
 * process_end. */
int process_receive(struct process *p, uint32_t type);
/* The same with a message of any type. */
int process_receive_any(struct process *p, uint32_t *type);
/* A text of the message, made fit to be shown and at most max bytes; the caller frees
 * it. */
char *wire_get_clean(struct wire *in, size_t max);

/* Ends the worker if it still runs. fault (may be NULL) gets why it was lost: void with
 * the policy's call stack when the watch ended it, worker with its signal or status when
 * it ended by itself, nonsense when it still ran but did not speak the protocol. */
void process_end(struct process *p, struct vm_fault *fault);

/* A thread that ends workers which make no progress, and those that are waited for when
 * *interrupted (may be NULL) is set. Limits are the job's. */
struct watch *watch_create(int n_processes, const volatile sig_atomic_t *interrupted);
void watch_destroy(struct watch *w); /* NULL is fine */
/* The process starts or stops being waited for, and an episode starts. */
void watch_begin(struct process *p, const struct limits *limits);
void watch_pause(struct process *p);
void watch_resume(struct process *p); /* the episode goes on */

/* May a worker report this fault? The others are for the harness alone to find. */
bool fault_is_policys(enum fault_kind kind);

#endif
