/* provider.h - what the learning loop asks of a model: a conversation in, one turn
 * out. */
#ifndef RATCHET_RUNNER_BRIEF_PROVIDER_H
#define RATCHET_RUNNER_BRIEF_PROVIDER_H

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum role { ROLE_SYSTEM, ROLE_USER, ROLE_ASSISTANT, ROLE_TOOL };

struct tool_call {
    char *id; /* never NULL; made up by the provider where the server sent none */
    char *name;
    json_t *arguments; /* an object; NULL when the model's text was not one... */
    char *raw;         /* ...and then its text, for the error that it gets */
    bool is_cancelled; /* whoever made it took it back while it ran */
};

struct image {
    uint8_t *png;
    size_t len; /* bytes */
    char *caption;
};

/* One message of a conversation. Owns everything it points at. */
struct message {
    enum role role;
    char *text;              /* UTF-8, never NULL */
    struct tool_call *calls; /* assistant: n_calls of them */
    int n_calls;
    struct image *images; /* user and tool: n_images of them */
    int n_images;
    char *call_id; /* tool: which call this answers; else NULL */
    bool is_error; /* tool: the call failed */
    json_t *extra; /* assistant: what the provider wants back as it was (reasoning items),
                      {"KIND": ...}; NULL mostly */
};

/* A tool that the model may call. Borrowed, constant. */
struct tool_description {
    const char *name, *about;
    json_t *schema; /* JSON Schema of the arguments object */
};

/* The whole conversation so far. Everything is borrowed for the time of the call. */
struct request {
    int run, iteration, turn; /* where in the run; turn counts from 0 in each iteration */
    int n_before; /* turns of this run answered before this one, those that a resumed run
                     took from its ledger included; `recorded` starts there */
    int n_fruitless; /* iterations since the last promotion */
    const struct message *messages;
    int n_messages;
    const struct tool_description *tools;
    int n_tools;
    int stable_messages; /* the first so many are the same in every request of a run */
    json_t *facts; /* the brief as data: `policy`, `params`, `dev`, ... for providers
                      that are no language models; may be NULL */
};

#define TOKENS_MOST ((int64_t)1 << 40) /* of one reply; a count of more is none */
#define TRIES_MOST 10000             /* the same of requests for one turn */

/* -1 where a count is unknown. */
struct usage {
    int64_t tokens_in, tokens_cached, tokens_out, tokens_reasoning;
    bool is_estimated; /* the server sent no count that can be true of what was said;
                          counted at four bytes a token */
    double usd;        /* NAN: unknown */
    int n_tries;       /* requests made for this turn, the failed ones included */
    double seconds;
};

/* One assistant turn. `message` belongs to the caller: message_clear. */
struct turn {
    struct message message; /* role assistant */
    struct usage usage;     /* filled in as far as known also when ask fails */
    char model[128];        /* what answered, as it names itself; "" if unknown */
    char fingerprint[128];
    char stop[64]; /* the server's word for why the reply ended, where that is not by
                      itself (see turn_end.h); "" mostly */
    bool is_cut;  /* the reply stopped at the token limit, it may be half a program */
    bool is_over; /* ask failed, for there are no more turns; err says which are over */
    bool
        is_final_error; /* ask failed, and asking again is of no use (no key, no quota) */
};

/* What a provider may need from whoever creates it. Copied. */
struct provider;

struct provider_config {
    /* Opens another provider, for those that ask one: runner/model/model.h sets it. */
    int (*open)(struct provider *out, const char *spec, struct provider_config config,
                struct error *err);
    const char
        *name; /* the part after PROVIDER: (a model's name, a file, a command); or "" */
    const char *folder; /* of the run: a provider may keep files in it; NULL in tools */
    uint64_t seed;      /* chance for providers that need it */
    double timeout_s;   /* of one ask, all its retries included; <= 0: the default */
    const volatile sig_atomic_t
        *interrupted; /* set by Ctrl-C: give up soon; may be NULL */
    bool is_quiet;    /* no progress on stderr */

    /* Of `command`. */
    bool agent_has_network;
    bool agent_may_unseal;    /* where it cannot be sealed it runs all the same */
    char *const *agent_reads; /* paths, NULL at the end; or NULL */
    char *const *agent_env;   /* names of variables, the same */
    char *const *agent_copies; /* paths, the same */
    double agent_minutes;     /* of one iteration; <= 0: the default */
    const char *logs;         /* the ledger's folder, hidden from agents; or NULL */

    /* Of the network; <= 0: the default. */
    struct usage *told;  /* of provider_answers(): what it took is added; or NULL */
    json_t *settings;    /* what the user set of the model (runner/model/wire/settings.h);
                            NULL: nothing. Borrowed */
    int max_tokens;      /* of one reply, reasoning included */
    int max_tries;       /* of one ask */
    double connect_s;    /* until connected */
    double first_byte_s; /* from then until the first byte of a reply */
    double idle_s;       /* between two bytes */
    double retry_scale;  /* of the waits between tries: 1, and less in tests */
};

/* A kind of provider: a row of the table in runner/model/. */
struct provider_kind {
    const char *name;     /* "openai" */
    const char *about;    /* one sentence for --help and doctor */
    const char *argument; /* what stands behind the colon: "MODEL", "FILE", ""... */
    /* Is it usable now? When not, why says what is missing and what to do. */
    bool (*is_usable)(char *why, size_t why_size); /* NULL: always */
    /* NULL on failure. */
    void *(*create)(const struct provider_config *config, struct error *err);
    void (*destroy)(void *self); /* NULL is fine */
    /* Blocks until somebody asks for something of the run; false: nobody will. NULL: the
     * loop alone asks. */
    bool (*await)(void *self);
    /* One turn. Blocks; retries by itself what is worth it. -1 on failure, never a crash
     * on anything that the other side says. */
    int (*ask)(void *self, const struct request *request, struct turn *out,
               struct error *err);
    /* One tiny call, to see that it answers at all; *took is what it used. NULL: there is
     * nobody to ask. */
    int (*answers)(void *self, struct usage *took, struct error *err);
    /* Is nothing of the run in reach of what it starts? NULL: it starts nothing. */
    bool (*is_sealed)(void *self);
    /* Was the tool call that was just interrupted taken back by the model alone? It then
     * goes on, and the flag that interrupts is down again. May be NULL. */
    bool (*take_cancelled)(void *self);
    /* For those to whom the run speaks while it works; each may be NULL. The flag ends
     * evaluations as Ctrl-C does. News: what came of an iteration ({"iteration",
     * "verdict", "why", ...}), or {"over": why the run is}. Borrowed. */
    const volatile sig_atomic_t *(*interrupted)(void *self);
    void (*progress)(void *self, const char *purpose, int done, int n);
    void (*tell)(void *self, json_t *news);
    int most_turns;  /* of one iteration; 0: the loop's own limit */
    bool has_settings; /* provider_config.settings are for it, or for whom it asks */
    bool tunes_only; /* it changes numbers, never the program */
    bool argument_is_local; /* a path or a command, which is nobody else's business */
    bool asks_others; /* by config.open; its create leaves nothing behind without a folder */
};

struct provider {
    const struct provider_kind *kind;
    void *self;
};
bool provider_is_sealed(const struct provider *p);
void provider_clear(struct provider *p);

void message_clear(struct message *m);
void turn_clear(struct turn *t);
/* An empty turn: usage unknown, text "". */
void turn_init(struct turn *t);
/* Borrowed; valid until the next call is added. An id of NULL or "" becomes "call_N". */
struct tool_call *message_add_call(struct message *m, const char *id, const char *name);
/* Takes what a model wrote as arguments: an object, text that holds one (also wrapped in
 * a string, or sent twice), nothing at all (an empty object). Else `raw` keeps the
 * text. */
void tool_call_set_arguments(struct tool_call *call, const char *text);
/* A copy of outside bytes as valid UTF-8 without NUL: whatever is not becomes U+FFFD. The
 * caller frees it. */
char *provider_clean_text(const char *bytes, size_t len);

/* The same as JSON, for the ledger, `files` and `recorded`:
 * {"role","text","calls":[{"id", "name","arguments"}],"images":[caption...]}; arguments
 * that are no object are "raw". turn_from_json refuses what is not one, and inits `out`
 * in any case. */
json_t *message_to_json(const struct message *m); /* a new reference */
json_t *turn_to_json(const struct turn *t);       /* with usage and model */
int turn_from_json(const json_t *json, struct turn *out, struct error *err);

/* A count of tokens out of a reply; -1 when it is none. */
int64_t provider_count(const json_t *usage, const char *key);

#endif
