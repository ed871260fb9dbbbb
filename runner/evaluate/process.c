/* process.c - the harness's side of one worker process: started, spoken to, watched,
 * ended. */
#include "runner/evaluate/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/text.h"

#define WATCH_TICK_MS 20
#define STACK_WAIT_MS 30 /* for a stuck worker to write down where it is */
#define START_MS 20000   /* for a worker to be ready, beside the policy's own limits */

/* One watched process. Guarded by the watch's mutex. */
struct watched {
    pid_t pid;
    int pidfd;
    struct worker_shared *shared;
    uint64_t calls;
    int64_t changed_ms, started_ms, signaled_ms; /* signaled: 0 when not */
    int64_t start_ms; /* patience until the policy's first line runs */
    int64_t stall_ms, episode_ms;
    bool is_waited_for, is_ended, is_too_long;
};

struct watch {
    pthread_t thread;
    pthread_mutex_t mutex;
    const volatile sig_atomic_t *interrupted; /* may be NULL */
    bool is_over;
    int n;
    struct watched list[];
};

static void send_signal(int pidfd, int number)
{
    syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/* A stuck worker is first asked where it is, then killed. */
static void process_look(struct watched *w, int64_t now)
{
    uint64_t calls = atomic_load_explicit(&w->shared->calls, memory_order_relaxed);
    int64_t patience = calls ? w->stall_ms : w->start_ms;

    if (calls != w->calls && !w->signaled_ms) {
        w->calls = calls;
        w->changed_ms = now;
    }
    w->is_too_long = now - w->started_ms > w->episode_ms;
    if (!w->signaled_ms && (now - w->changed_ms > patience || w->is_too_long)) {
        w->signaled_ms = now;
        send_signal(w->pidfd, WORKER_STACK_SIGNAL);
    } else if (w->signaled_ms && now - w->signaled_ms > STACK_WAIT_MS) {
        w->is_ended = true;
        send_signal(w->pidfd, SIGKILL);
    }
}

static void look_at_all(struct watch *watch)
{
    bool is_interrupted = watch->interrupted && *watch->interrupted;

    for (int i = 0; i < watch->n; i++) {
        struct watched *w = &watch->list[i];
        if (!w->pid || !w->is_waited_for || w->is_ended)
            continue;
        if (is_interrupted)
            send_signal(w->pidfd, SIGKILL);
        else
            process_look(w, clock_now_ms());
    }
}

static void *run_watch(void *arg)
{
    struct watch *watch = arg;
    const struct timespec tick = { 0, WATCH_TICK_MS * 1000000L };
    bool is_over = false;

    while (!is_over) {
        nanosleep(&tick, NULL);
        pthread_mutex_lock(&watch->mutex);
        look_at_all(watch);
        is_over = watch->is_over;
        pthread_mutex_unlock(&watch->mutex);
    }
    return NULL;
}

struct watch *watch_create(int n_processes, const volatile sig_atomic_t *interrupted)
{
    struct watch *w = xcalloc(1, sizeof(*w) + sizeof(w->list[0]) * (size_t)n_processes);

    w->n = n_processes;
    w->interrupted = interrupted;
    pthread_mutex_init(&w->mutex, NULL);
    if (pthread_create(&w->thread, NULL, run_watch, w) != 0) {
        pthread_mutex_destroy(&w->mutex);
        free(w);
        return NULL;
    }
    return w;
}

void watch_destroy(struct watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    w->is_over = true;
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

void watch_begin(struct process *p, const struct limits *limits)
{
    struct watched *w = &p->watch->list[p->watch_index];

    pthread_mutex_lock(&p->watch->mutex);
    w->pid = p->pid;
    w->pidfd = p->pidfd;
    w->shared = p->shared;
    w->calls = atomic_load_explicit(&p->shared->calls, memory_order_relaxed);
    w->changed_ms = w->started_ms = clock_now_ms();
    w->start_ms = w->stall_ms = limits->stall_ms;
    w->episode_ms = limits->episode_ms;
    w->is_waited_for = true;
    pthread_mutex_unlock(&p->watch->mutex);
}

/* As watch_begin, for a worker that has yet to create its environment. */
static void watch_start(struct process *p, const struct job *job)
{
    struct limits patience = { .stall_ms = job->limits.stall_ms };

    patience.episode_ms = START_MS + job->limits.stall_ms * (job->n_slots + 1);
    watch_begin(p, &patience);
    pthread_mutex_lock(&p->watch->mutex);
    p->watch->list[p->watch_index].start_ms = START_MS;
    pthread_mutex_unlock(&p->watch->mutex);
}

void watch_pause(struct process *p)
{
    pthread_mutex_lock(&p->watch->mutex);
    p->watch->list[p->watch_index].is_waited_for = false;
    pthread_mutex_unlock(&p->watch->mutex);
}

void watch_resume(struct process *p)
{
    struct watched *w = &p->watch->list[p->watch_index];

    pthread_mutex_lock(&p->watch->mutex);
    w->changed_ms = clock_now_ms();
    w->is_waited_for = true;
    pthread_mutex_unlock(&p->watch->mutex);
}

struct job evaluation_job(const struct evaluation *e)
{
    uint32_t n_plugins = 0;

    while (e->setup.plugins && e->setup.plugins[n_plugins])
        n_plugins++;
    return (struct job){
        .plugins = e->setup.plugins,
        .n_plugins = n_plugins,
        .env = (char *)e->task->env->name,
        .settings = e->task->settings,
        .n_settings = (uint32_t)e->task->n_settings,
        .rules = e->task->rules,
        .observation = e->task->observation,
        .fields = e->task->fields,
        .n_fields = (uint32_t)e->task->n_fields,
        .limits = e->task->limits,
        .policy_name = (char *)e->policy.name,
        .source = (char *)e->policy.source,
        .params = e->policy.params,
        .n_params = (uint32_t)e->policy.n_params,
        .plans = e->task->plan,
        .sim_is_true = e->task->plan && e->task->sim_is_true,
        .is_unjailed = e->setup.unjailed,
        .wants_globals = e->wants_globals,
    };
}

/* In a process group of its own: the terminal's Ctrl-C is for the harness. The worker
 * gets no environment but what its C library is tuned by: no key leaks into it. */
static int process_begin(struct process *p, const char *env, int socket_fd, int shared_fd,
                         struct error *err)
{
    static const char *const kept[] = { "GLIBC_TUNABLES", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                        NULL };
    char path[PATH_MAX];
    const char *const argv[] = { path, NULL };
    struct spawn worker = { .argv = argv,
                            .fds = { SPAWN_OURS, SPAWN_OURS, SPAWN_OURS,
                                     [WORKER_SOCKET_FD] = socket_fd,
                                     [WORKER_SHARED_FD] = shared_fd },
                            .n_fds = WORKER_SHARED_FD + 1,
                            .keep = kept,
                            .own_group = true };
    int failed;

    if (file_program(env_is_mujoco(env) ? "ratchet-worker-mujoco" : "ratchet-worker", path,
                     err) != 0)
        return -1;
    failed = spawn_start(&worker, &p->pid);
    if (failed)
        return error_set(err, "%s: cannot be started: %s", path, strerror(failed));
    p->pidfd = spawn_descriptor(p->pid);
    if (p->pidfd < 0) {
        p->pid = 0;
        return error_set(err, "worker: no descriptor for its process: %s",
                         strerror(errno));
    }
    return 0;
}

/* The process for the environment of that name, with its socket and its shared page. */
static int open_process(struct process *p, const char *env, struct error *err)
{
    int pair[2], shared_fd, status = -1;

    *p = (struct process){ .pidfd = -1,
                           .socket = -1,
                           .watch = p->watch,
                           .watch_index = p->watch_index,
                           .in = p->in };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return error_set(err, "worker: no socket: %s", strerror(errno));
    p->socket = pair[0];
    shared_fd = memfd_create("ratchet", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*p->shared)) != 0 ||
        fcntl(shared_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        error_set(err, "worker: no shared memory: %s", strerror(errno));
        goto out;
    }
    p->shared = mmap(NULL, sizeof(*p->shared), PROT_READ | PROT_WRITE, MAP_SHARED,
                     shared_fd, 0);
    if (p->shared == MAP_FAILED) {
        p->shared = NULL;
        error_set(err, "worker: no shared memory: %s", strerror(errno));
        goto out;
    }
    status = process_begin(p, env, pair[1], shared_fd, err);
out:
    close(pair[1]);
    if (shared_fd >= 0)
        close(shared_fd);
    return status;
}

bool fault_is_policys(enum fault_kind kind)
{
    return kind == FAULT_none || kind == FAULT_load || kind == FAULT_error ||
           kind == FAULT_action || kind == FAULT_instructions || kind == FAULT_memory;
}

char *wire_get_clean(struct wire *in, size_t max)
{
    size_t len;
    const uint8_t *bytes = wire_get_bytes(in, &len);

    return text_clean(bytes ? (const char *)bytes : "", bytes ? len : 0, max, true);
}

/* -1 when the worker could not be made ready; what makes no sense turns
 * p->is_nonsense. */
static int read_ready(struct process *p, struct ready *ready, struct error *err)
{
    struct wire *in = &p->in;
    const uint8_t *params;
    char *why, *text;
    size_t len;

    *ready = (struct ready){ .layers = wire_get_u32(in) };
    why = wire_get_clean(in, sizeof(err->text) - 1);
    ready->fault.kind = wire_get_u32(in);
    text = wire_get_clean(in, sizeof(ready->fault.text) - 1);
    snprintf(ready->fault.text, sizeof(ready->fault.text), "%s", text);
    params = wire_get_bytes(in, &len);
    ready->n_params = (int)(len / sizeof(ready->params[0]));
    if (ready->n_params > VM_MAX_PARAMS || len % sizeof(ready->params[0]) ||
        !fault_is_policys(ready->fault.kind))
        in->is_bad = true;
    else if (len)
        memcpy(ready->params, params, len);
    for (int i = 0; i < ready->n_params && !in->is_bad; i++)
        ready->params[i].name[sizeof(ready->params[i].name) - 1] = '\0';
    free(text);
    text = wire_get_clean(in, sizeof(ready->unknown_globals) - 1);
    snprintf(ready->unknown_globals, sizeof(ready->unknown_globals), "%s", text);
    p->is_nonsense = !wire_is_done(in);
    len = why[0] != '\0';
    if (len)
        error_set(err, "%s", why);
    free(why);
    free(text);
    return len ? -1 : 0;
}

int process_start(struct process *p, struct watch *watch, const struct job *job,
                  struct ready *ready, struct error *err)
{
    struct wire setup = { 0 };
    struct vm_fault fault;
    bool is_policys; /* its first lines run before READY: what they did is its fault */
    int status = -1;

    p->watch = watch;
    if (open_process(p, job->env, err) != 0)
        goto out;
    job_put(&setup, job);
    watch_start(p, job);
    status = process_send(p, MESSAGE_SETUP, &setup) != 0
                 ? -1
                 : process_receive(p, MESSAGE_READY);
    watch_pause(p);
    if (status == 0 && read_ready(p, ready, err) != 0) {
        status = -1;
        goto out;
    }
    if (status != 0 || p->is_nonsense) {
        is_policys = atomic_load(&p->shared->calls) > 0;
        process_end(p, &fault);
        *ready = (struct ready){ .fault = fault };
        status = is_policys ? 0
                            : error_set(err, "before the policy ran: %.900s", fault.text);
    }
out:
    wire_clear(&setup);
    if (status != 0)
        process_end(p, NULL);
    return status;
}

void process_put_episodes(struct wire *w, const struct episode_request *requests, int n)
{
    wire_put_u32(w, (uint32_t)n);
    for (int i = 0; i < n; i++) {
        const struct episode_request *r = &requests[i];
        const struct tape *shadow = r->shadow;

        wire_put_u64(w, r->seed);
        wire_put_i64(w, r->max_steps);
        wire_put_i64(w, r->max_planner);
        wire_put_u8(w, r->wants_notes);
        wire_put_bytes(w, r->params, sizeof(*r->params) * (size_t)r->n_params);
        wire_put_bytes(w, shadow ? shadow->data : NULL,
                       shadow ? (size_t)shadow->n_steps * (size_t)shadow->width : 0);
    }
}

int process_send(struct process *p, uint32_t type, const struct wire *w)
{
    return wire_send(p->socket, type, w);
}

int process_receive_any(struct process *p, uint32_t *type)
{
    return wire_receive(p->socket, type, &p->in, WORKER_MAX_MESSAGE) == 1 ? 0 : -1;
}

int process_receive(struct process *p, uint32_t type)
{
    uint32_t got;

    if (process_receive_any(p, &got) != 0)
        return -1;
    p->is_nonsense = got != type;
    return p->is_nonsense ? -1 : 0;
}

static void process_set(struct vm_fault *fault, enum fault_kind kind, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

static void process_set(struct vm_fault *fault, enum fault_kind kind, const char *format,
                        ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(fault->text, sizeof(fault->text), format, args);
    va_end(args);
    fault->kind = kind;
}

/* The stack that a stuck worker wrote; it is its word, so it is cleaned and bounded. */
static void copy_stack(const struct process *p, char *out, size_t size)
{
    size_t n = 0;

    for (; n + 1 < size && n < sizeof(p->shared->stack) && p->shared->stack[n]; n++) {
        unsigned char c = (unsigned char)p->shared->stack[n];
        out[n] = (char)(c == '\n' || (c >= ' ' && c < 127) ? c : '?');
    }
    out[n] = '\0';
}

static void tell_loss(const struct process *p, const struct watched *w, bool still_ran,
                      int status, struct vm_fault *fault)
{
    char stack[sizeof(p->shared->stack)];

    copy_stack(p, stack, sizeof(stack));
    if (w->signaled_ms && w->is_too_long)
        process_set(fault, FAULT_void,
                    "one episode took longer than %lld ms; last seen%s",
                    (long long)w->episode_ms, stack[0] ? stack : " outside the policy");
    else if (w->signaled_ms)
        process_set(fault, FAULT_void, "one call took longer than %lld ms; last seen%s",
                    (long long)w->stall_ms, stack[0] ? stack : " outside the policy");
    else if (still_ran || p->is_nonsense)
        process_set(fault, FAULT_nonsense,
                    "the worker sent something that is not a message");
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        process_set(fault, FAULT_worker,
                    "the worker made a system call that the jail forbids");
    else if (WIFSIGNALED(status))
        process_set(fault, FAULT_worker, "the worker was ended by signal %d (%s)",
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        process_set(fault, FAULT_worker, "the worker ended with status %d",
                    WEXITSTATUS(status));
}

/* Has the worker ended by itself? A moment is given to one whose socket has just
 * closed. */
static bool still_runs(const struct process *p)
{
    struct pollfd fd = { p->pidfd, POLLIN, 0 };

    return poll(&fd, 1, STACK_WAIT_MS * 2) == 0;
}

void process_end(struct process *p, struct vm_fault *fault)
{
    struct watched seen = { 0 };
    bool still_ran = false;
    int status = 0;

    if (p->pid) {
        struct watched *w = &p->watch->list[p->watch_index];
        if (fault && !p->is_nonsense)
            still_ran = still_runs(p);
        pthread_mutex_lock(&p->watch->mutex);
        seen = *w;
        *w = (struct watched){ 0 };
        pthread_mutex_unlock(&p->watch->mutex);
        send_signal(p->pidfd, SIGKILL);
        while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
            continue;
        if (fault)
            tell_loss(p, &seen, still_ran, status, fault);
    } else if (fault) {
        process_set(fault, FAULT_worker, "the worker could not be started");
    }
    if (p->pidfd >= 0)
        close(p->pidfd);
    if (p->socket >= 0)
        close(p->socket);
    if (p->shared)
        munmap(p->shared, sizeof(*p->shared));
    wire_clear(&p->in);
    *p = (struct process){
        .pidfd = -1, .socket = -1, .watch = p->watch, .watch_index = p->watch_index
    };
}
