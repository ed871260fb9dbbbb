/* flush.h - arithmetic in which numbers below 2.2e-308 (denormals) are 0. */
#ifndef RATCHET_SANDBOX_WORKER_FLUSH_H
#define RATCHET_SANDBOX_WORKER_FLUSH_H

#include <stdint.h>

/* A processor takes some 150 cycles for each denormal that it multiplies or makes, so that
 * work charged by its elements would take twenty times its due. With FTZ and DAZ set it
 * takes them for 0, and every x86-64 does so alike (Intel SDM volume 1, 10.2.3). Between
 * begin and end nothing may leave by longjmp: what follows would go on without denormals.
 * The compiler moves no read or write of memory over either, and so no work on them. */
#define FLUSH_BITS 0x8040u

static inline uint32_t flush_begin(void)
{
    uint32_t before, now;

    __asm__ volatile("stmxcsr %0" : "=m"(before) : : "memory");
    now = before | FLUSH_BITS;
    __asm__ volatile("ldmxcsr %0" : : "m"(now) : "memory");
    return before;
}

static inline void flush_end(uint32_t before)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(before) : "memory");
}

#endif
