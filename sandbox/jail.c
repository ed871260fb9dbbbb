/* jail.c - locks the calling process up, so that what runs in it can only compute and
 * answer. */
#include "sandbox/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNKNOWN_MAPPED (4ull << 30) /* bytes, where /proc does not tell */
#define CPU_SECONDS \
    86400 /* the harness ends a worker long before; this is for an orphan */

static const char *const names[] = {
#define X(name, help) #name,
    JAIL_LAYERS(X)
#undef X
};

static const char *const helps[] = {
#define X(name, help) help,
    JAIL_LAYERS(X)
#undef X
};

const char *jail_layer_name(enum jail_layer layer)
{
    return names[layer];
}

const char *jail_layer_help(enum jail_layer layer)
{
    return helps[layer];
}

/* A rule set that handles every kind of access and allows none. */
static bool lock_files(void)
{
    static const uint64_t handled[] = { (1u << 13) - 1, (1u << 14) - 1, (1u << 15) - 1 };
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                       LANDLOCK_CREATE_RULESET_VERSION);
    uint64_t rules;
    long fd;
    bool is_locked;

    if (abi < 1)
        return false;
    rules = handled[abi < 2 ? 0 : abi < 3 ? 1 : 2];
    fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    if (fd < 0)
        return false;
    is_locked = syscall(SYS_landlock_restrict_self, (int)fd, 0) == 0;
    close((int)fd);
    return is_locked;
}

uint32_t jail_enter(void)
{
    uint32_t layers = 0;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        layers |= 1u << JAIL_no_new_privs;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC |
                CLONE_NEWUTS) == 0)
        layers |= 1u << JAIL_namespaces;
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* last: a new user space forgets it */
    return layers;
}

/* Bytes of address space that are mapped now; 0 when it cannot be told. */
static uint64_t mapped_bytes(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (f) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static bool lock_resources(uint64_t memory_bytes)
{
    const struct {
        int what;
        rlim_t value;
    } caps[] = {
        { RLIMIT_AS, memory_bytes }, { RLIMIT_CPU, CPU_SECONDS }, { RLIMIT_NOFILE, 0 },
        { RLIMIT_NPROC, 0 },         { RLIMIT_FSIZE, 0 },         { RLIMIT_CORE, 0 },
        { RLIMIT_MEMLOCK, 0 },       { RLIMIT_MSGQUEUE, 0 },
    };

    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        struct rlimit limit = { caps[i].value, caps[i].value };
        if (setrlimit(caps[i].what, &limit) != 0)
            return false;
    }
    return true;
}

/* What a worker needs: its socket, memory without execution, and its end. */
static bool lock_calls(void)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int bad = f == NULL;

    if (bad)
        return false;
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                            SCMP_A0(SCMP_CMP_EQ, WORKER_SOCKET_FD));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                            SCMP_A0(SCMP_CMP_EQ, WORKER_SOCKET_FD));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1,
                            SCMP_A0(SCMP_CMP_EQ, WORKER_SOCKET_FD));
    bad |= seccomp_rule_add(
        f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
        SCMP_A2(SCMP_CMP_MASKED_EQ, ~(scmp_datum_t)(PROT_READ | PROT_WRITE), 0),
        SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS | MAP_PRIVATE,
                MAP_ANONYMOUS | MAP_PRIVATE));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(munmap), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mremap), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(brk), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(restart_syscall), 0);
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0);
    bad |= seccomp_load(f);
    seccomp_release(f);
    return !bad;
}

uint32_t jail_lock(uint64_t memory_bytes)
{
    uint64_t mapped = mapped_bytes(); /* while files can still be read */
    uint32_t layers = 0;

    syscall(SYS_close_range, WORKER_SHARED_FD, ~0u, 0);
    if (lock_files())
        layers |= 1u << JAIL_landlock;
#ifdef RATCHET_SANITIZED /* a sanitizer's report goes to stderr */
    (void)mapped;
    (void)memory_bytes;
    (void)lock_resources;
    (void)lock_calls;
#else
    syscall(SYS_close_range, 0, WORKER_SOCKET_FD - 1, 0);
    if (lock_resources((mapped ? mapped : UNKNOWN_MAPPED) + memory_bytes))
        layers |= 1u << JAIL_rlimits;
    if (lock_calls())
        layers |= 1u << JAIL_seccomp;
#endif
    return layers;
}
