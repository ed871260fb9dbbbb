/* clock.h - the time: of a clock that only goes forward, and the date. */
#ifndef RATCHET_BASE_CLOCK_H
#define RATCHET_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t clock_now_ms(void)
{
    return clock_now_ns() / 1000000;
}

static inline double clock_now(void) /* seconds */
{
    return (double)clock_now_ns() * 1e-9;
}

static inline double clock_date(void) /* seconds since 1970; may be set back */
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#endif
