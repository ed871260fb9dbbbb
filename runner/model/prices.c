/* prices.c - what a model's tokens cost; unknown is unknown, and zero is a price. */
#include "runner/model/prices.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/model/whole_file.h"

#define PRICES_MAX (1 << 20) /* bytes of the user's file */

struct prices {
    struct price *rows; /* the user's */
    int n_rows;
};

/* What the vendors asked when these models came out, as of 2025-08. Whoever pays anything
 * else writes a price file; a model that is not here is unknown. */
static const struct price shipped[] = {
    { "openai", "gpt-4.1", 2.00, 0.50, 2.00, 8.00 },
    { "openai", "gpt-4.1-2025-04-14", 2.00, 0.50, 2.00, 8.00 },
    { "openai", "gpt-4.1-mini", 0.40, 0.10, 0.40, 1.60 },
    { "openai", "gpt-4.1-mini-2025-04-14", 0.40, 0.10, 0.40, 1.60 },
    { "openai", "gpt-5", 1.25, 0.125, 1.25, 10.00 },
    { "openai", "gpt-5-2025-08-07", 1.25, 0.125, 1.25, 10.00 },
    { "openai", "gpt-5-mini", 0.25, 0.025, 0.25, 2.00 },
    { "openai", "gpt-5-mini-2025-08-07", 0.25, 0.025, 0.25, 2.00 },
    { "anthropic", "claude-sonnet-4-20250514", 3.00, 0.30, 3.75, 15.00 },
    { "anthropic", "claude-opus-4-20250514", 15.00, 1.50, 18.75, 75.00 },
    { "anthropic", "claude-opus-4-1-20250805", 15.00, 1.50, 18.75, 75.00 },
    { "anthropic", "claude-3-5-haiku-20241022", 0.80, 0.08, 1.00, 4.00 },
};

void prices_destroy(struct prices *p)
{
    if (!p)
        return;
    free(p->rows);
    free(p);
}

/* Leaves *value as it is where there is none. */
static int read_price(const json_t *row, const char *key, double *value,
                      struct error *err)
{
    const json_t *json = json_object_get(row, key);

    if (!json)
        return 0;
    if (!json_is_number(json) || !(json_number_value(json) >= 0))
        return error_set(err, "`%s` must be a number of dollars, at least 0", key);
    *value = json_number_value(json);
    return 0;
}

static int read_row(const json_t *row, struct price *price, struct error *err)
{
    const char *provider = json_string_value(json_object_get(row, "provider"));
    const char *model = json_string_value(json_object_get(row, "model"));

    if (!model || strlen(model) >= sizeof(price->model) ||
        (provider && strlen(provider) >= sizeof(price->provider)))
        return error_set(err,
                         "needs a `model`, perhaps a `provider`, shorter than 96 bytes");
    snprintf(price->provider, sizeof(price->provider), "%s", provider ? provider : "");
    snprintf(price->model, sizeof(price->model), "%s", model);
    price->in = price->out = NAN;
    if (read_price(row, "in", &price->in, err) != 0 ||
        read_price(row, "out", &price->out, err) != 0)
        return -1;
    if (isnan(price->in) || isnan(price->out))
        return error_set(err, "needs `in` and `out`");
    price->cached = price->cache_write = price->in;
    if (read_price(row, "cached", &price->cached, err) != 0)
        return -1;
    return read_price(row, "cache_write", &price->cache_write, err);
}

struct prices *prices_parse(const char *text, struct error *err)
{
    json_error_t at;
    json_t *json = json_loads(text, 0, &at), *list = json_object_get(json, "models"),
           *row;
    struct prices *p = xcalloc(1, sizeof(*p)), *result = NULL;
    struct error why;
    size_t i;

    if (!json) {
        error_set(err, "line %d: %.200s", at.line, at.text);
        goto out;
    }
    if (!json_is_array(list)) {
        error_set(err, "holds no list `models`");
        goto out;
    }
    p->rows = xcalloc(json_array_size(list), sizeof(*p->rows));
    json_array_foreach(list, i, row) {
        if (read_row(row, &p->rows[i], &why) != 0) {
            error_set(err, "model %zu: %.300s", i + 1, why.text);
            goto out;
        }
        p->n_rows++;
    }
    result = p;
    p = NULL;

out:
    prices_destroy(p);
    json_decref(json);
    return result;
}

struct prices *prices_load(struct error *err)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *path = config && *config
                     ? xasprintf("%s/ratchet/prices.json", config)
                     : xasprintf("%s/.config/ratchet/prices.json", home ? home : "");
    struct prices *p = NULL;
    struct error why;
    size_t len;
    char *text;

    if (access(path, F_OK) != 0) {
        p = xcalloc(1, sizeof(*p));
    } else if ((text = file_read(path, PRICES_MAX, &len, err))) {
        p = prices_parse(text, &why);
        if (!p)
            error_set(err, "%s: %.500s", path, why.text);
        free(text);
    }
    free(path);
    return p;
}

static const struct price *find(const struct price *rows, size_t n, const char *provider,
                                const char *model)
{
    const struct price *best = NULL;
    size_t best_len = 0;

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(rows[i].model);
        bool is_prefix = len > 0 && rows[i].model[len - 1] == '*';

        if (*rows[i].provider && strcmp(rows[i].provider, provider) != 0)
            continue;
        if (!is_prefix && strcmp(rows[i].model, model) == 0)
            return &rows[i];
        if (is_prefix && strncmp(rows[i].model, model, len - 1) == 0 && len > best_len) {
            best = &rows[i];
            best_len = len;
        }
    }
    return best;
}

const struct price *prices_find(const struct prices *p, const char *provider,
                                const char *model, bool is_official)
{
    const struct price *price = find(p->rows, (size_t)p->n_rows, provider, model);

    if (!price && is_official)
        price = find(shipped, sizeof(shipped) / sizeof(*shipped), provider, model);
    return price;
}

double price_cost(const struct price *price, int64_t tokens_in, int64_t tokens_cached,
                  int64_t tokens_written, int64_t tokens_out)
{
    int64_t plain;

    if (!price || tokens_in < 0 || tokens_out < 0)
        return NAN;
    tokens_cached = tokens_cached > 0 ? tokens_cached : 0;
    tokens_written = tokens_written > 0 ? tokens_written : 0;
    plain = tokens_in - tokens_cached - tokens_written;
    if (plain < 0)
        return NAN; /* the server's counts contradict each other */
    return ((double)plain * price->in + (double)tokens_cached * price->cached +
            (double)tokens_written * price->cache_write +
            (double)tokens_out * price->out) /
           1e6;
}
