/* answer.h - one try's reply as its bytes come: what kind it is, and whether it is
 * good. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_ANSWER_H
#define RATCHET_RUNNER_MODEL_WIRE_ANSWER_H

#include <stdio.h>

#include "runner/model/wire/api.h"
#include "runner/model/wire/fault.h"
#include "runner/model/wire/sse.h"

#define ANSWER_MAX ((size_t)32 << 20)      /* bytes of a reply, stream or not */
#define ANSWER_EVENT_MAX ((size_t)8 << 20) /* of one event */

enum answer_kind { ANSWER_UNKNOWN, ANSWER_STREAM, ANSWER_WHOLE, ANSWER_ERROR };

struct answer {
    const struct dialect *dialect;
    struct http_head head;
    struct draft reply;
    struct sse sse;
    enum answer_kind kind;
    FILE *file; /* of the body, where it is no stream */
    char *body;
    size_t len;
    struct error bad; /* why answer_take said HTTP_BAD */
    bool is_bad_final;
};

void answer_init(struct answer *a, const struct dialect *dialect);
void answer_clear(struct answer *a);

/* http_call's on_body; user is the answer. */
enum http_next answer_take(void *user, const struct http_head *head, const char *bytes,
                           size_t len);

/* The transfer ended so, `why` being its reason. FAULT_NONE: the reply is whole. */
enum fault answer_end(struct answer *a, enum http_end end, const struct error *why,
                      struct error *err);

#endif
