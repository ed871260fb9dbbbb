/* prices.h - what a model's tokens cost; unknown is unknown, and zero is a price.
 *
 * The user's file, $XDG_CONFIG_HOME/ratchet/prices.json (or ~/.config/...), beats what is
 * shipped, share/prices.json, in the same form:
 *   {"models": [{"provider": "openai", "model": "NAME", "in": 2.0, "cached": 0.5,
 *                "cache_write": 2.0, "out": 8.0}]}
 * in US dollars per million tokens; `"above": [{"tokens": 200000, "in": 4.0, "out": 18.0}]` is
 * what a call costs whose prompt is longer; `date` and `source` say where a row is from. A model that ends in `*` stands for all that begin
 * so; without a provider, for any; `cached` and `cache_write` are `in` when left out. */
#ifndef RATCHET_RUNNER_MODEL_WIRE_PRICES_H
#define RATCHET_RUNNER_MODEL_WIRE_PRICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define PRICE_TIERS 4

struct price {
    char provider[32], model[96];
    char date[16], source[160]; /* of the row, else of its file; "" */
    /* USD for a million tokens: the first for any prompt, each further one for a whole
     * call whose prompt has more tokens than `above`. */
    struct price_tier {
        int64_t above;
        double in, cached, cache_write, out;
    } tiers[PRICE_TIERS];
    int n_tiers;
};

struct prices; /* opaque */

/* Reads the user's file if there is one. NULL when it is broken. */
struct prices *prices_load(struct error *err);
/* From text instead of the user's file; NULL: the shipped ones alone. */
struct prices *prices_parse(const char *text, struct error *err);
void prices_destroy(struct prices *p); /* NULL is fine */

/* NULL: unknown. Shipped prices are asked only when is_official: the vendor's own
 * address. Borrowed; valid until prices_destroy(). */
const struct price *prices_find(const struct prices *p, const char *provider,
                                const char *model, bool is_official);

/* The rows as JSON, the user's first. A new reference. */
json_t *prices_rows(const struct prices *p);

/* tokens_in holds cached and written ones. NAN when the price is NULL or a count is
 * unknown (-1), but for cached and written, which are then none. */
double price_cost(const struct price *price, int64_t tokens_in, int64_t tokens_cached,
                  int64_t tokens_written, int64_t tokens_out);

#endif
