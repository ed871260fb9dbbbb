/* limits.c - default limits, and faults in words. */
#include "sandbox/limits.h"

const struct limits limits_default = {
#define X(name, value, help) .name = value,
    LIMITS(X)
#undef X
};

static const char *const names[] = {
#define X(name, text) #name,
    FAULTS(X)
#undef X
};

static const char *const texts[] = {
#define X(name, text) text,
    FAULTS(X)
#undef X
};

const char *fault_name(enum fault_kind kind)
{
    return kind < N_FAULTS ? names[kind] : "unknown";
}

const char *fault_text(enum fault_kind kind)
{
    return kind < N_FAULTS ? texts[kind] : "an unknown fault";
}
