/* draft.h - one turn while it is being put together from a server's fragments. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_DRAFT_H
#define RATCHET_RUNNER_MODEL_WIRE_DRAFT_H

#include <stdio.h>

#include "runner/brief/provider.h"

#define DRAFT_MAX_CALLS 128

struct draft_call {
    long index;      /* the server's; calls are put in its order */
    char *id, *name; /* "" until known */
    FILE *file;      /* of the arguments' text */
    char *arguments;
    size_t len;
    json_t *extra; /* what came with the call and goes back with it; NULL mostly */
};

/* Why a server would not answer, as far as it says. */
struct draft_error {
    long status; /* HTTP's, or what it says in a stream; 0: not said */
    char type[64], code[64], message[400];
    double retry_after_s; /* as far as the body says; NAN: it does not */
    bool is_daily;        /* of a quota: it is there again tomorrow */
};

struct draft {
    FILE *file; /* of the text */
    char *text;
    size_t len;
    struct draft_call **calls; /* each where its stream expects it to stay */
    int n_calls;
    int64_t tokens_in, tokens_cached, tokens_out, tokens_reasoning; /* -1: not said */
    int64_t tokens_written; /* into the server's cache of prompts; part of tokens_in */
    double usd;             /* what the server says that it took; NAN: not said */
    char model[128], fingerprint[128], finish[64];
    bool is_refused; /* the model said so in a field of its own */
    bool is_whole;   /* the server said that this is all */
    bool has_failed; /* the server said that it failed: `error` */
    struct draft_error error;
    json_t *items; /* what goes back as it was, see message.extra; NULL: nothing */
    void (*settle)(struct draft *r); /* the dialect's: all was said, `items` becomes that */
};

void draft_init(struct draft *r);
void draft_clear(struct draft *r);
void draft_add_text(struct draft *r, const json_t *text); /* nothing unless a string */
void draft_add_refusal(struct draft *r, const json_t *text); /* the same */

/* The call of this index; made when there is none. A fragment that brings another id and
 * a name to an index that has both begins a new call, as some servers count all as 0.
 * NULL when there are too many. */
struct draft_call *draft_call(struct draft *r, long index, const json_t *id,
                              const json_t *name);
/* A piece of text, or a whole object. */
void draft_add_arguments(struct draft_call *call, const json_t *arguments);

/* Moves what was gathered into a turn made by turn_init. `keys` (NULL at
 * the end) are blotted out everywhere. */
void draft_take(struct draft *r, const struct request *request, char *const *keys,
                struct turn *out);
void draft_copy(char *to, size_t size, const json_t *text); /* unless it is no string */

/* What a body or an event says went wrong, in whatever form; `status` stays. */
void draft_error_from_json(struct draft_error *e, const json_t *json);
void draft_error_from_body(struct draft_error *e, const char *body, size_t len);
/* Bounded, valid UTF-8, no control characters. */
void draft_plain_text(char *out, size_t size, const char *text, size_t len);

#endif
