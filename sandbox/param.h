/* param.h - a parameter that a policy declares; how many, and of how much source. */
#ifndef RATCHET_SANDBOX_PARAM_H
#define RATCHET_SANDBOX_PARAM_H

#define VM_MAX_PARAMS 200
#define VM_MAX_SOURCE (256 << 10) /* bytes */

struct vm_param {
    char name[48];
    double value, min, max; /* value: the declared default */
};

#endif
