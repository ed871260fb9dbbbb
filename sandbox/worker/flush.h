/* flush.h - arithmetic in which numbers below 2.2e-308 (denormals) are 0. */
#ifndef RATCHET_SANDBOX_WORKER_FLUSH_H
#define RATCHET_SANDBOX_WORKER_FLUSH_H

#include <float.h>
#include <math.h>
#include <stdint.h>

/* A processor takes some 150 cycles for each denormal that it multiplies or makes, so
 * that a unit of a policy's budget would take five times its due. With FTZ and DAZ set it
 * takes them for 0, and every x86-64 does so alike (Intel SDM volume 1, 10.2.3). So they
 * are set while a policy runs, its source's constants included; its sim's environment,
 * which runs in between, does not have them, so that it steps as it does in the harness.
 * The compiler moves no read or write of memory over a change, and so no work on them. */
#define FLUSH_BITS 0x8040u

/* Sets or clears the two; what was set before. */
static inline uint32_t flush_set(uint32_t bits)
{
    uint32_t before, now;

    __asm__ volatile("stmxcsr %0" : "=m"(before) : : "memory");
    now = (before & ~FLUSH_BITS) | bits;
    __asm__ volatile("ldmxcsr %0" : : "m"(now) : "memory");
    return before & FLUSH_BITS;
}

/* What comes to a policy other than by arithmetic passes here, so that it never has a
 * denormal: bits that are copied, printed or taken apart would show it. */
static inline double flush_number(double x)
{
    return fabs(x) < DBL_MIN ? copysign(0, x) : x;
}

#endif
