/* agent.c - an external program at work in a folder, sealed off from everything else.
 *
 * bwrap (bubblewrap) makes the namespaces: users, mounts, processes, IPC, network. Inside
 * are /usr read-only, a few files of /etc, the workspace as /work, and as `ratchet` a
 * program that has `ratchet tool` and nothing else (main_tool.c), which reaches the run
 * over the socket in the workspace. Nothing else of ratchet is there, installed or built:
 * policies are played by the run, where steps are counted. */
#include "runner/agent/agent.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/words.h"
#include "runner/agent/cli_usage.h"
#include "runner/agent/copies.h"
#include "runner/agent/reaper.h"
#include "runner/agent/shown.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_OUTPUT (512 << 10) /* bytes of the log */
#define MOST_FILE (256 << 20)   /* bytes of a file that an agent writes */
#define LAST_WORDS 400          /* bytes */
#define GRACE_MS 1000           /* between asking it to end and ending it */
#define REAP_MS 4000            /* for the reaper to end it all */
#define PLACE "/opt/ratchet"    /* of this program, inside */
#define HOME "/opt/home"        /* the agent's, inside */

struct agent {
    pid_t pid;
    int output, log;
    bool is_sealed, has_ended;
    int status;
    long long n_printed; /* bytes */
    char last[LAST_WORDS + 1];
    size_t n_last;
    char *const *names;    /* of variables whose values nothing is to keep */
    struct buffer pending; /* printed, and not yet kept: a value may go on */
    struct cli_usage usage;
};

/* /bin, /lib, ... which on a merged system are links into /usr. */
static void add_roots(struct words *a)
{
    static const char *const roots[] = { "/bin", "/sbin", "/lib", "/lib64", "/lib32" };
    char target[PATH_MAX];

    words_add_all(a, (const char *const[]){ "--ro-bind", "/usr", "/usr", NULL });
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        ssize_t len = readlink(roots[i], target, sizeof(target) - 1);
        target[len > 0 ? len : 0] = '\0';
        words_add_all(
            a, len > 0
                   ? (const char *const[]){ "--symlink", target, roots[i], NULL }
                   : (const char *const[]){ "--ro-bind-try", roots[i], roots[i], NULL });
    }
}

/* By its real path, which is what covers are compared with; a link's name leads there. */
static void add_readable(struct words *a, const char *path)
{
    char *real = realpath(path, NULL);
    size_t len = real ? strlen(real) : 0;
    bool is_real = real && !strncmp(path, real, len) && !path[len + strspn(path + len, "/")];

    if (!real)
        return; /* agent_can_seal has said so */
    words_add_all(a, (const char *const[]){ "--ro-bind", real, real, NULL });
    if (path[0] == '/' && !is_real && !shown_is_in(path, "/usr"))
        words_add_all(a, (const char *const[]){ "--symlink", real, path, NULL });
    free(real);
}

static bool is_visible(const struct agent_config *c, const char *path)
{
    bool is = shown_is_in(path, "/usr");

    for (char *const *r = c->readable; !is && r && *r; r++) {
        char *real = realpath(*r, NULL);
        is = real && shown_is_in(path, real);
        free(real);
    }
    return is;
}

/* Ratchet itself, its policies and sessions, where they lie among what is readable. */
static void add_covers(struct words *a, const struct agent_config *c)
{
    char **covers = shown_covers(c->readable);

    for (char **path = covers; path && *path; path++) {
        struct stat st;
        if (!is_visible(c, *path) || stat(*path, &st) != 0)
            continue;
        if (S_ISDIR(st.st_mode))
            words_add_all(a, (const char *const[]){ "--tmpfs", *path, NULL });
        else
            words_add_all(a,
                          (const char *const[]){ "--ro-bind", "/dev/null", *path, NULL });
    }
    xfree_list(covers);
}

static void add_files(struct words *a, const struct agent_config *c)
{
    static const char *const files[] = {
        "/etc/ld.so.cache",   "/etc/passwd",       "/etc/group",
        "/etc/nsswitch.conf", "/etc/ssl",          "/etc/ca-certificates",
        "/etc/localtime",     "/etc/alternatives", "/etc/hosts",
    };
    char tool[PATH_MAX];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        words_add_all(a,
                      (const char *const[]){ "--ro-bind-try", files[i], files[i], NULL });
    if (c->has_network)
        words_add_all(a, (const char *const[]){ "--ro-bind-try", "/etc/resolv.conf",
                                                "/etc/resolv.conf", NULL });
    words_add_all(a, (const char *const[]){ "--proc", "/proc", "--dev", "/dev", "--tmpfs",
                                            "/tmp", NULL });
    if (c->home)
        words_add_all(a, (const char *const[]){ "--bind", c->home, HOME, NULL });
    for (char *const *path = c->readable; path && *path; path++)
        add_readable(a, *path);
    add_covers(a, c);
    if (file_program("ratchet-tool", tool, NULL) == 0)
        words_add_all(a,
                      (const char *const[]){ "--ro-bind", tool, PLACE "/ratchet", NULL });
    words_add_all(a, (const char *const[]){ "--bind", c->folder, "/work", "--chdir",
                                            "/work", NULL });
}

/* Nothing of ours but what an agent needs, and what it is given by name: bwrap hands its own on,
 * for words of a command can be seen by anyone. */
static void sealed_environment(struct words *a, const struct agent_config *c)
{
    char *path = xstrdup(PLACE ":/usr/local/bin:/usr/bin:/bin");

    for (char *const *r = c->readable; r && *r; r++) {
        char *longer = xasprintf("%s:%s/bin:%s", path, *r, *r);
        free(path);
        path = longer;
    }
    words_addf(a, "PATH=%s", path);
    words_add_all(a, (const char *const[]){ "HOME=" HOME, "LANG=C.UTF-8", "TERM=dumb",
                                            "RATCHET_SOCKET=/work/.ratchet.sock", NULL });
    free(path);
}

static void sealed_arguments(struct words *a, const struct agent_config *c)
{
    words_add_all(a, (const char *const[]){ "bwrap", "--unshare-user", "--unshare-ipc",
                                            "--unshare-pid", "--unshare-uts",
                                            "--unshare-cgroup-try", "--die-with-parent",
                                            "--new-session", "--cap-drop", "ALL", NULL });
    if (!c->has_network)
        words_add(a, "--unshare-net");
    add_roots(a);
    add_files(a, c);
    words_add_all(a, (const char *const[]){ "--", "/bin/sh", "-c", c->command, NULL });
}

static void unsealed_environment(struct words *a, const struct agent_config *c)
{
    const char *path = getenv("PATH");
    char self[PATH_MAX];

    file_self(self);
    *strrchr(self, '/') = '\0';
    words_addf(a, "PATH=%s:%s", self, path ? path : "/usr/bin:/bin");
    words_addf(a, "HOME=%s", c->home ? c->home : c->folder);
    words_addf(a, "RATCHET_SOCKET=%s/.ratchet.sock", c->folder);
    words_add_all(a, (const char *const[]){ "LANG=C.UTF-8", "TERM=dumb", NULL });
}

/* In the child, after fork: only what may be done there. */
static int agent_prepare(const void *data)
{
    const struct agent_config *c = data;
    struct rlimit core = { 0, 0 }, file = { MOST_FILE, MOST_FILE };

    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &core);
    setrlimit(RLIMIT_FSIZE, &file);
    close_range(3, ~0U, 0);
    if (!c->is_sealed)
        reaper_begin(); /* bwrap's namespace of processes does the same */
    return chdir(c->folder);
}

struct agent *agent_start(const struct agent_config *c, struct error *err)
{
    struct words argv = { 0 }, envp = { 0 };
    struct agent *a = xcalloc(1, sizeof(*a));
    struct spawn program = {
        .n_fds = 3, .fresh_signals = true, .prepare = agent_prepare, .data = c
    };
    static char *const nothing[] = { NULL };
    int ends[2] = { -1, -1 }, why = 0;

    a->output = a->log = -1;
    a->is_sealed = c->is_sealed;
    a->names = c->names;
    if (c->is_sealed) {
        sealed_arguments(&argv, c);
        sealed_environment(&envp, c);
    } else {
        words_add_all(&argv, (const char *const[]){ "/bin/sh", "-c", c->command, NULL });
        unsealed_environment(&envp, c);
    }
    if (c->log) { /* never what lies there already: it may be a link */
        unlink(c->log);
        a->log = open(c->log, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    program.argv = argv.list;
    program.set = envp.list;
    program.keep = (const char *const *)(c->names ? c->names : nothing);
    if ((c->log && a->log < 0) || pipe2(ends, O_CLOEXEC) != 0) {
        why = errno;
    } else {
        memcpy(program.fds, (int[]){ SPAWN_NULL, ends[1], ends[1] }, 3 * sizeof(int));
        why = spawn_start(&program, &a->pid);
    }
    if (why) {
        error_set(err, "%s: cannot start the agent: %s", c->log ? c->log : c->folder,
                  strerror(why));
        agent_destroy(a);
        a = NULL;
    } else {
        a->output = ends[0];
        ends[0] = -1;
        fcntl(a->output, F_SETFL, O_NONBLOCK);
    }
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0)
            close(ends[i]);
    words_clear(&argv);
    words_clear(&envp);
    return a;
}

static void keep_output(struct agent *a, const char *bytes, size_t n)
{
    size_t room = a->n_printed < MOST_OUTPUT ? (size_t)(MOST_OUTPUT - a->n_printed) : 0;
    size_t tail = n < LAST_WORDS ? n : LAST_WORDS;
    size_t kept = a->n_last + tail > LAST_WORDS ? LAST_WORDS - tail : a->n_last;

    if (a->log >= 0 && room && write(a->log, bytes, n < room ? n : room) < 0)
        a->n_printed = MOST_OUTPUT; /* a full disk ends the log, not the run */
    a->n_printed += (long long)n;
    memmove(a->last, a->last + a->n_last - kept, kept);
    memcpy(a->last + kept, bytes + n - tail, tail);
    a->n_last = kept + tail;
    cli_usage_take(&a->usage, bytes, n);
}

/* Keeps what it has printed but for the last bytes, with which a value may begin; those too
 * when it has ended. */
static void agent_settle_output(struct agent *a)
{
    size_t held = copies_longest(a->names), n = a->pending.len;

    copies_hide(a->names, (char *)a->pending.data, n);
    held = held && !a->has_ended ? held - 1 : 0;
    if (n > held) {
        keep_output(a, (const char *)a->pending.data, n - held);
        buffer_drop(&a->pending, n - held);
    }
}

static void drain(struct agent *a)
{
    char bytes[16384];
    ssize_t n;

    /* So much in one go that nothing is lost and a flood does not hold us. */
    for (int i = 0; i < 64 && (n = read(a->output, bytes, sizeof(bytes))) > 0; i++)
        buffer_add(&a->pending, bytes, (size_t)n);
    agent_settle_output(a);
}

bool agent_is_running(struct agent *a)
{
    int status;

    if (!a->has_ended && waitpid(a->pid, &status, WNOHANG) == a->pid) {
        a->has_ended = true;
        a->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    drain(a);
    return !a->has_ended;
}

int agent_status(const struct agent *a)
{
    return a->status;
}

int agent_output(const struct agent *a)
{
    return a->output;
}

const struct cli_usage *agent_usage(struct agent *a)
{
    cli_usage_end(&a->usage);
    return &a->usage;
}

const char *agent_last_words(struct agent *a)
{
    a->last[a->n_last] = '\0';
    for (size_t i = 0; i < a->n_last; i++)
        if (!a->last[i])
            a->last[i] = ' ';
    return a->last;
}

static void await_end(struct agent *a, int most_ms)
{
    for (int ms = 0; ms < most_ms && agent_is_running(a); ms += 10)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

void agent_destroy(struct agent *a)
{
    if (!a)
        return;
    if (a->pid > 0) {
        kill(-a->pid, SIGTERM);
        await_end(a, GRACE_MS);
        if (!a->has_ended && !a->is_sealed) {
            kill(a->pid, REAPER_END);
            await_end(a, REAP_MS);
        }
        kill(-a->pid, SIGKILL);
        if (!a->has_ended)
            waitpid(a->pid, NULL, 0);
    }
    a->has_ended = true;
    if (a->pending.len)
        agent_settle_output(a);
    if (a->n_printed > MOST_OUTPUT && a->log >= 0)
        dprintf(a->log, "\n[%lld bytes more are left out]\n", a->n_printed - MOST_OUTPUT);
    if (a->output >= 0)
        close(a->output);
    if (a->log >= 0)
        close(a->log);
    buffer_clear(&a->pending);
    cli_usage_clear(&a->usage);
    free(a);
}

/* Does this path of --agent-read show nothing of the run, nor of any other? */
static bool is_harmless(const char *path, const char *run, char *const *covers, char *why,
                        size_t why_size)
{
    char *shown = realpath(path, NULL);
    bool is = false;

    if (!shown)
        snprintf(why, why_size, "%s is not there", path);
    else if (shown_touches(shown, run))
        snprintf(why, why_size, "%s shows the run's folder", path);
    else
        is = !shown_secret(shown, covers, why, why_size);
    free(shown);
    return is;
}

/* What is read-only inside must not show the run, nor another one. */
bool agent_is_hidden(const struct agent_config *c, char *why, size_t why_size)
{
    const char *const folders[] = { c->folder, c->logs };
    char **covers = shown_covers(c->readable), *run = realpath(c->folder, NULL);
    bool is_hidden = true;

    for (size_t i = 0; i < 2 && is_hidden; i++) {
        char *real = folders[i] ? realpath(folders[i], NULL) : NULL;
        is_hidden = real ? !shown_touches("/usr", real) : !folders[i];
        if (!is_hidden)
            snprintf(why, why_size, "%s lies in /usr, which agents see", folders[i]);
        free(real);
    }
    for (char *const *r = c->readable; is_hidden && r && *r; r++)
        is_hidden = is_harmless(*r, run, covers, why, why_size);
    for (char *const *r = c->copies; is_hidden && r && *r; r++)
        is_hidden = is_harmless(*r, run, covers, why, why_size);
    xfree_list(covers);
    free(run);
    return is_hidden;
}

bool agent_can_seal(const struct agent_config *config, char *why, size_t why_size)
{
    struct agent_config probe = *config;
    struct agent *a;
    bool can = agent_is_hidden(config, why, why_size);
    struct error missing = { "" };
    char tool[PATH_MAX];

    if (!can)
        return false;
    if (file_program("ratchet-tool", tool, &missing) != 0) {
        snprintf(why, why_size, "%s", missing.text);
        return false;
    }
    probe.command = PLACE "/ratchet --version";
    probe.log = NULL;
    probe.is_sealed = true;
    a = agent_start(&probe, NULL);
    for (int ms = 0; a && ms < 10000 && agent_is_running(a); ms += 5)
        nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
    can = a && a->has_ended && a->status == 0;
    if (!can && a && strstr(agent_last_words(a), "bwrap: No such file"))
        snprintf(why, why_size, "bwrap is missing (apt install bubblewrap)");
    else if (!can)
        snprintf(why, why_size, "bwrap fails: %.300s", a ? agent_last_words(a) : "");
    agent_destroy(a);
    return can;
}
