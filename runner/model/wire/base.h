/* base.h - where an API is: a base URL, as users write it. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_BASE_H
#define RATCHET_RUNNER_MODEL_WIRE_BASE_H

#include <stdbool.h>

#include "base/error.h"

struct base {
    char *url;    /* SCHEME://HOST[:PORT][/PATH], no slash at the end */
    char *query;  /* what stood behind `?`; NULL */
    char *socket; /* a unix socket that the host is behind; NULL */
    const char *vendor; /* in the table of prices, when the host is a vendor's own; else NULL */
    bool is_azure;
};

/* "https://HOST", ".../v1/", ".../v1/chat/completions", "unix:/path.sock:/v1": with or
 * without a slash, a path, or the call's own path (that of this dialect or another) it is
 * the same. `name` says in errors where the text came from, `root` is the path where none
 * is written ("/v1"). -1: it is no base; base_clear() in any case. */
int base_parse(struct base *b, const char *text, const char *name, const char *root,
               struct error *err);
void base_clear(struct base *b);

#endif
