/* bridge_process.c - the Python program on the other side of the bridge: started, asked,
 * ended. */
#include "envs/bridge/bridge_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scoped.h"
#include "base/spawn.h"

#define TURN_MS 10000
#define TALK_MS 60000         /* for imports and the making of environments */
#define LAST_MS 300           /* between closing its socket and its end */
#define MOST_REPLY (8u << 20) /* bytes of a control message */
#define LOG_SIZE (64u << 10)  /* of what it prints on stderr, bytes */

static int patience(int otherwise)
{
    const char *text = getenv("RATCHET_BRIDGE_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;

    return ms > 0 && ms < 3600000 ? (int)ms : otherwise;
}

int bridge_turn_ms(void)
{
    return patience(TURN_MS);
}

int bridge_talk_ms(void)
{
    int ms = patience(TALK_MS);

    return ms < TURN_MS ? TURN_MS : ms;
}

int bridge_memory(size_t size, struct error *err)
{
    int fd = memfd_create("ratchet-bridge", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        error_set(err, "no shared memory of %zu bytes: %s", size, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* The last line that it printed on stderr, which is Python's reason; "" when there is
 * none. */
static void read_log(const struct bridge_process *p, char *out, size_t size)
{
    char *text = xcalloc(LOG_SIZE + 1, 1), *line;

    out[0] = '\0';
    if (p->log >= 0 && pread(p->log, text, LOG_SIZE, 0) > 0) {
        for (char *c = text; *c; c++)
            if ((*c < 32 || *c == 127) && *c != '\n')
                *c = ' ';
        for (size_t len = strlen(text);
             len && (text[len - 1] == '\n' || text[len - 1] == ' ');)
            text[--len] = '\0';
        line = strrchr(text, '\n');
        snprintf(out, size, "%.300s", line ? line + 1 : text);
    }
    free(text);
}

/* One that has closed its socket is about to end by itself: let it, so that we can say
 * how. */
static void let_end(const struct bridge_process *p)
{
    struct pollfd closed = { p->control, 0, 0 }, ended = { p->pidfd, POLLIN, 0 };

    if (poll(&closed, 1, 0) > 0 && closed.revents & POLLHUP)
        poll(&ended, 1, LAST_MS);
}

/* Ends it with all its children, and says how it had ended before, if it had. */
static void kill_and_wait(struct bridge_process *p, char *how, size_t size)
{
    siginfo_t info = { 0 };
    bool was_dead;
    int status = 0;

    waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    was_dead = info.si_pid != 0;
    kill(-p->pid, SIGKILL);
    kill(p->pid, SIGKILL);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    p->pid = 0;
    if (!was_dead)
        snprintf(how, size, "it was ended");
    else if (WIFSIGNALED(status))
        snprintf(how, size, "it was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(how, size, "it ended by itself with status %d", WEXITSTATUS(status));
}

/* Marks it dead; returns -1 with the reason in err. */
static int die(struct bridge_process *p, const char *what, struct error *err)
{
    char how[128], last[320];

    if (!p->is_dead) {
        let_end(p);
        kill_and_wait(p, how, sizeof(how));
        read_log(p, last, sizeof(last));
        p->is_dead = true;
        snprintf(p->why, sizeof(p->why), "the bridge's program %.150s; %s%s%.200s", what,
                 how, last[0] ? ": " : "", last);
    }
    return error_set(err, "%s", p->why);
}

/* Waits until fd can be read. -1: it is dead now. */
static int wait_for(struct bridge_process *p, int fd, int64_t end_ms, struct error *err)
{
    struct pollfd fds[2] = { { fd, POLLIN, 0 }, { p->pidfd, POLLIN, 0 } };
    char what[80];

    for (;;) {
        int64_t left = end_ms - clock_now_ms();
        int n = poll(fds, 2, left > 0 ? (int)left : 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (fds[0].revents & POLLIN)
            return 0;
        if (n > 0 && (fds[0].revents || fds[1].revents))
            return die(p, "is gone", err);
        if (n <= 0 && left <= 0) {
            snprintf(what, sizeof(what), "gave no answer in time");
            return die(p, what, err);
        }
    }
}

static int ring(struct bridge_process *p, struct error *err)
{
    const uint64_t one = 1;

    return write(p->ask, &one, sizeof(one)) == sizeof(one)
               ? 0
               : die(p, "cannot be rung", err);
}

static int bridge_process_refuse(const struct bridge_process *p,
                                 const struct bridge_answer *a, struct error *err)
{
    size_t len = a->text_len < sizeof(p->page->text) ? a->text_len
                                                     : sizeof(p->page->text);
    char text[sizeof(p->page->text) + 1] = "";

    memcpy(text, p->page->text, len);
    for (char *c = text; *c; c++)
        if (*c < 32 || *c == 127)
            *c = ' ';
    error_set(err, "%s", text[0] ? text : "the other side gives no reason");
    return 1;
}

static int bridge_process_take_answer(struct bridge_process *p,
                                      const struct bridge_ask *ask, uint64_t state_most,
                                      struct bridge_answer *out, struct error *err)
{
    const struct bridge_answer a =
        *(const volatile struct bridge_answer *)&p->page->answer;

    if (a.serial != p->serial || a.status > BRIDGE_RAISED)
        return die(p, "sent garbage for an answer", err);
    if (a.status != BRIDGE_DONE)
        return bridge_process_refuse(p, &a, err);
    if ((a.have & ask->want) != ask->want || a.state_len > state_most ||
        (ask->op == BRIDGE_STEP && (a.n_frames < 1 || a.n_frames > ask->n_frames)))
        return die(p, "sent a short or impossible answer", err);
    *out = a;
    return 0;
}

static int bridge_process_exchange(struct bridge_process *p, const struct bridge_ask *ask,
                                   uint64_t state_most, struct bridge_answer *out,
                                   struct error *err)
{
    uint64_t rung;

    if (p->is_dead)
        return error_set(err, "%s", p->why);
    p->page->ask = *ask;
    p->page->ask.serial = ++p->serial;
    if (ring(p, err) != 0 ||
        wait_for(p, p->answer, clock_now_ms() + bridge_turn_ms(), err) != 0)
        return -1;
    if (read(p->answer, &rung, sizeof(rung)) != sizeof(rung))
        return die(p, "is gone", err);
    return bridge_process_take_answer(p, ask, state_most, out, err);
}

int bridge_process_turn(struct bridge_process *p, const struct bridge_ask *ask,
                        uint64_t state_most, struct bridge_answer *out, struct error *err)
{
    int status;

    pthread_mutex_lock(&p->mutex);
    status = bridge_process_exchange(p, ask, state_most, out, err);
    pthread_mutex_unlock(&p->mutex);
    return status;
}

int bridge_process_condemn(struct bridge_process *p, const char *what, struct error *err)
{
    pthread_mutex_lock(&p->mutex);
    die(p, what, err);
    pthread_mutex_unlock(&p->mutex);
    return -1;
}

/* All of len bytes, with fd (or -1) beside the first. */
static int send_all(struct bridge_process *p, const void *bytes, size_t len, int fd)
{
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } extra = { 0 };
    struct iovec part = { (void *)bytes, len };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

    if (fd >= 0) {
        message.msg_control = extra.space;
        message.msg_controllen = sizeof(extra.space);
        extra.head.cmsg_level = SOL_SOCKET;
        extra.head.cmsg_type = SCM_RIGHTS;
        extra.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&extra.head), &fd, sizeof(fd));
    }
    while (part.iov_len) {
        ssize_t n = sendmsg(p->control, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        part.iov_base = (char *)part.iov_base + n;
        part.iov_len -= (size_t)n;
        message.msg_control = NULL;
        message.msg_controllen = 0;
    }
    return 0;
}

static int receive_all(struct bridge_process *p, void *out, size_t len, int64_t end_ms,
                       struct error *err)
{
    char *at = out;

    while (len) {
        if (wait_for(p, p->control, end_ms, err) != 0)
            return -1;
        ssize_t n = recv(p->control, at, len, MSG_DONTWAIT);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            return die(p, "closed its socket", err);
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static json_t *receive_reply(struct bridge_process *p, struct error *err)
{
    int64_t end_ms = clock_now_ms() + bridge_talk_ms();
    json_t *reply = NULL;
    scoped char *text = NULL;
    uint32_t len;

    if (receive_all(p, &len, sizeof(len), end_ms, err) != 0)
        return NULL;
    if (len > MOST_REPLY) {
        die(p, "sent garbage for a reply", err);
        return NULL;
    }
    text = xcalloc(len + 1, 1);
    if (receive_all(p, text, len, end_ms, err) == 0) {
        reply = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(reply) || !json_is_boolean(json_object_get(reply, "ok"))) {
            die(p, "sent garbage for a reply", err);
            json_decref(reply);
            reply = NULL;
        }
    }
    return reply;
}

static json_t *talk(struct bridge_process *p, const char *text, int fd, struct error *err)
{
    uint32_t len = (uint32_t)strlen(text);
    json_t *reply;

    if (p->is_dead) {
        error_set(err, "%s", p->why);
        return NULL;
    }
    p->page->ask.op = BRIDGE_CONTROL;
    if (send_all(p, &len, sizeof(len), fd) != 0 || send_all(p, text, len, -1) != 0) {
        die(p, "is gone", err);
        return NULL;
    }
    reply = ring(p, err) == 0 ? receive_reply(p, err) : NULL;
    if (reply && !json_is_true(json_object_get(reply, "ok"))) {
        const char *why = json_string_value(json_object_get(reply, "why"));
        error_set(err, "%.900s", why ? why : "the other side gives no reason");
        json_decref(reply);
        reply = NULL;
    }
    return reply;
}

json_t *bridge_process_talk(struct bridge_process *p, json_t *request, int fd,
                            struct error *err)
{
    scoped char *text = json_dumps(request, JSON_COMPACT);
    json_t *reply;

    json_decref(request);
    pthread_mutex_lock(&p->mutex);
    reply = talk(p, text, fd, err);
    pthread_mutex_unlock(&p->mutex);
    return reply;
}

/* The descriptors of both sides; child[] is by number from CHILD_CONTROL on. */
static int bridge_process_open_all(struct bridge_process *p, int child[5],
                                   struct error *err)
{
    int pair[2] = { -1, -1 }, pipe_fds[2] = { -1, -1 };

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
        pipe2(pipe_fds, O_CLOEXEC) != 0)
        error_set(err, "no descriptors for the bridge: %s", strerror(errno));
    p->control = pair[0];
    child[0] = pair[1];
    p->life = pipe_fds[1];
    child[4] = pipe_fds[0];
    p->ask = child[2] = eventfd(0, EFD_CLOEXEC);
    p->answer = child[3] = eventfd(0, EFD_CLOEXEC);
    child[1] = bridge_memory(sizeof(*p->page), err);
    p->log = bridge_memory(LOG_SIZE, err);
    for (int i = 0; i < 5; i++)
        if (child[i] < 0)
            return -1;
    if (p->control < 0 || p->life < 0 || p->log < 0)
        return -1;
    p->page = mmap(NULL, sizeof(*p->page), PROT_READ | PROT_WRITE, MAP_SHARED, child[1],
                   0);
    if (p->page == MAP_FAILED) {
        p->page = NULL;
        return error_set(err, "no shared memory: %s", strerror(errno));
    }
    return 0;
}

static const char **child_arguments(const char *const *argv)
{
    static const char *const ours[] = { "--control", "3", "--page", "4", "--ask", "5",
                                        "--answer",  "6", "--life", "7" };
    enum { N_OURS = sizeof(ours) / sizeof(ours[0]) };
    const char **list;
    int n = 0;

    while (argv[n])
        n++;
    list = xcalloc((size_t)n + N_OURS + 1, sizeof(*list));
    memcpy(list, argv, (size_t)n * sizeof(*list));
    memcpy(list + n, ours, sizeof(ours));
    return list;
}

/* No key and no setting of ours leaks into it, and Ctrl-C is for us. */
static int bridge_process_begin(struct bridge_process *p, const char *const *argv,
                                const int child[5], struct error *err)
{
    static const char *const kept[] = { "PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH",
                                        NULL };
    static const char *const fixed[] = { "LANG=C.UTF-8",
                                         "PYTHONHASHSEED=0",
                                         "OMP_NUM_THREADS=1",
                                         "OPENBLAS_NUM_THREADS=1",
                                         "SDL_VIDEODRIVER=dummy",
                                         "SDL_AUDIODRIVER=dummy",
                                         "PYGAME_HIDE_SUPPORT_PROMPT=1",
                                         NULL };
    const char **arguments = child_arguments(argv);
    struct spawn program = { .argv = arguments,
                             .fds = { SPAWN_NULL, SPAWN_NULL, p->log, child[0], child[1],
                                      child[2], child[3], child[4] },
                             .n_fds = 8,
                             .keep = kept,
                             .set = fixed,
                             .own_group = true,
                             .fresh_signals = true };
    int failed = spawn_start(&program, &p->pid);

    free(arguments);
    if (failed)
        return error_set(err, "%s: cannot be started: %s", argv[0], strerror(failed));
    p->pidfd = spawn_descriptor(p->pid);
    if (p->pidfd < 0) {
        p->pid = 0;
        return error_set(err, "no pidfd: %s", strerror(errno));
    }
    return 0;
}

static int greet(struct bridge_process *p, struct error *err)
{
    json_auto_t *reply = bridge_process_talk(p, json_pack("{s:s}", "op", "hello"), -1,
                                             err);
    json_t *versions = json_object_get(reply, "versions");
    int status = 0;

    if (!reply)
        return -1;
    if (json_integer_value(json_object_get(reply, "protocol")) != BRIDGE_PROTOCOL ||
        !json_is_object(versions))
        status = error_set(err, "the bridge's program is of another version; "
                                "run `ratchet bridge install`");
    else
        p->versions = json_incref(versions);
    return status;
}

struct bridge_process *bridge_process_start(const char *const *argv, struct error *err)
{
    struct bridge_process *p = xcalloc(1, sizeof(*p));
    int child[5] = { -1, -1, -1, -1, -1 };
    int status;

    p->core = -1;
    p->pidfd = p->control = p->ask = p->answer = p->life = p->log = -1;
    pthread_mutex_init(&p->mutex, NULL);
    status = bridge_process_open_all(p, child, err);
    if (status == 0)
        status = bridge_process_begin(p, argv, child, err);
    for (int i = 0; i < 5; i++)
        if (child[i] >= 0 && child[i] != p->ask && child[i] != p->answer)
            close(child[i]);
    if (status == 0)
        status = greet(p, err);
    if (status != 0) {
        bridge_process_end(p);
        return NULL;
    }
    return p;
}

void bridge_process_end(struct bridge_process *p)
{
    char how[128];

    if (!p)
        return;
    if (p->pid > 0)
        kill_and_wait(p, how, sizeof(how));
    const int fds[] = { p->pidfd, p->control, p->ask, p->answer, p->life, p->log };
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (p->page)
        munmap(p->page, sizeof(*p->page));
    json_decref(p->versions);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}
