/* fault.h - what a failed try means: whether to try again, and what the user can do. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_FAULT_H
#define RATCHET_RUNNER_MODEL_WIRE_FAULT_H

#include "runner/model/wire/http.h"
#include "runner/model/wire/draft.h"

enum fault {
    FAULT_NONE,
    FAULT_RETRY,   /* it may pass */
    FAULT_GIVE_UP, /* this request will not do */
    FAULT_TOO_LONG, /* nor will it, but a shorter one may */
    FAULT_FINAL,   /* no request will do before the user changes something */
    FAULT_INTERRUPTED,
};

enum fault fault_of_error(const struct draft_error *error);
enum fault fault_of_end(enum http_end end); /* of what did not end well */

/* What to do, "" when there is nothing to say. Constant. */
const char *fault_advice(const struct draft_error *error);

#endif
