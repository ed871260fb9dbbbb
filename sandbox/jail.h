/* jail.h - locks the calling process up, so that what runs in it can only compute and
 * answer. */
#ifndef RATCHET_SANDBOX_JAIL_H
#define RATCHET_SANDBOX_JAIL_H

#include <stdint.h>

#include "base/error.h"
#include "sandbox/job.h"

/* Locking is done in two steps; each returns the bits (1 << enum jail_layer) that hold.
 * The first, before the Lua VM is made: privileges and namespaces. The second, before the
 * policy's text is touched: descriptors, Landlock, rlimits (memory_bytes of address space
 * on top of what is mapped) and the allow-list of system calls. */
uint32_t jail_enter(void);
uint32_t jail_lock(uint64_t memory_bytes);

/* The layers without which an untrusted policy is not run. A build for the sanitizers,
 * which need system calls and address space of their own, has none of the three that
 * forbid them. */
#ifdef RATCHET_SANITIZED
#define JAIL_REQUIRED (1u << JAIL_no_new_privs)
#else
#define JAIL_REQUIRED (1u << JAIL_rlimits | 1u << JAIL_seccomp | 1u << JAIL_no_new_privs)
#endif

const char *jail_layer_name(enum jail_layer layer);
const char *jail_layer_help(enum jail_layer layer);

#endif
