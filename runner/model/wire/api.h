/* api.h - what the providers over HTTP share: keys, tries, streams, cost. Each is a
 * dialect. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_API_H
#define RATCHET_RUNNER_MODEL_WIRE_API_H

#include "base/rng.h"
#include "runner/brief/provider.h"
#include "runner/model/wire/base.h"
#include "runner/model/wire/draft.h"
#include "runner/model/wire/http.h"
#include "runner/model/wire/prices.h"
#include "runner/model/wire/settings.h"

/* What a server turned out not to take. */
struct api_lacks {
    bool tools, images, stream, usage_option, new_max_tokens, reasoning_items, cache,
        reasoning, strict;
    /* What it turned out to demand of turns that have none. */
    bool empty_reasoning, signatures;
};

struct api {
    const struct dialect *dialect;
    char *key;      /* NULL: none is needed */
    char **secrets; /* with what else may not be said; NULL at the end */
    char **headers; /* of every request, NULL at the end */
    char *sigv4, *userpwd;
    struct base base;
    char *url;
    char *model;
    json_t *settings; /* NULL: none */
    struct http *http;
    struct prices *prices;
    struct rng rng; /* of the waits */
    struct api_lacks lacks;
    int max_tokens, max_tries; /* max_tokens 0: the server's own */
    double timeout_s, connect_s, first_byte_s, idle_s, retry_scale;
    const volatile sig_atomic_t *interrupted;
    bool is_quiet;
};

/* How one vendor's protocol differs from another's. */
struct dialect {
    enum wire wire;
    const char *name;          /* the provider's */
    const char *vendor;        /* in the table of prices */
    const char *key_name;      /* "OPENAI_API_KEY" */
    const char *base_names[2]; /* "OPENAI_BASE_URL", ...; the first that is set */
    const char *token_name;    /* "ANTHROPIC_AUTH_TOKEN": a bearer's; may be NULL */
    const char *default_base;
    const char *root;          /* of a base that has no path */
    const char *path;         /* behind the base */
    const char *key_header;   /* "Authorization: Bearer " */
    const char *other_header; /* may be NULL */
    int default_max_tokens;   /* 0: none is sent */
    json_t *(*body)(const struct api *api, const struct request *request);
    /* One event of a stream. 1: that was all; 0: go on. */
    int (*event)(struct draft *reply, const char *name, const json_t *json);
    /* A reply that is no stream. */
    void (*whole)(struct draft *reply, const json_t *json);
    void (*settle)(struct draft *reply); /* draft.settle; may be NULL */
    /* The request was refused for what it holds: leave that out from now on. False when
     * there is nothing more to leave out. */
    bool (*adapt)(struct api *api, const struct request *request,
                  const struct draft_error *error);
};

extern const struct dialect chat_dialect, responses_dialect, anthropic_dialect;

/* In the table of prices: whose address it is, else whose dialect. */
const char *api_vendor(const struct api *api);
bool api_is_usable(const struct dialect *dialect, char *why, size_t why_size);
struct api *api_create(const struct dialect *dialect,
                       const struct provider_config *config, struct error *err);
void api_destroy(void *self); /* NULL is fine */
int api_ask(void *self, const struct request *request, struct turn *out,
            struct error *err);

int api_answers(void *self, struct usage *took, struct error *err);

/* Text of ours or of a model as JSON can hold it. */
json_t *api_text(const char *text);
/* The server lacks it from now on, which is said on stderr as `what` with its own words;
 * false when that was known. */
bool api_set_lack(struct api *api, bool *lack, const char *what,
                  const struct draft_error *error);

/* Does the server's message hold one of these words? Case does not count; NULL at the
 * end. */
bool api_mentions(const struct draft_error *error, const char *const *words);

/* A tool's schema in the server's form, the caller's: OpenAI's own address takes the strict
 * one, Gemini and all others the plain one, which has no lists of types. */
bool api_is_strict(const struct api *api);
json_t *api_schema(const struct api *api, const json_t *schema);
/* The server has said that it does not take the strict form. */
bool api_lacks_strict(struct api *api, const struct request *request,
                      const struct draft_error *error);

/* The server has said that it has no tools: the conversation goes on as text. False when
 * that is not what it said (but, say, that a schema or a call of an earlier turn is
 * wrong), or nothing new. */
bool api_lacks_tools(struct api *api, const struct request *request,
                     const struct draft_error *error);

#endif
