/* prices.c - what a model's tokens cost; unknown is unknown, and zero is a price. */
#include "runner/model/wire/prices.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/file.h"

#define PRICE_MOST 1e6 /* dollars; a price of more is none */
#define PRICES_MAX (1 << 20) /* bytes of the user's file */

/* share/prices.json, as text. */
extern const char prices_shipped[], prices_shipped_end[];
__asm__(".section .rodata\n"
        ".global prices_shipped, prices_shipped_end\n"
        "prices_shipped:\n"
        ".incbin \"share/prices.json\"\n"
        "prices_shipped_end:\n"
        ".byte 0\n"
        ".previous\n");

struct list {
    struct price *rows;
    int n;
};

struct prices {
    struct list own, shipped;
};

void prices_destroy(struct prices *p)
{
    if (!p)
        return;
    free(p->own.rows);
    free(p->shipped.rows);
    free(p);
}

/* Leaves *value as it is where there is none. */
static int read_price(const json_t *row, const char *key, double *value,
                      struct error *err)
{
    const json_t *json = json_object_get(row, key);

    if (!json)
        return 0;
    if (!json_is_number(json) || !(json_number_value(json) >= 0) ||
        !(json_number_value(json) <= PRICE_MOST))
        return error_set(err, "`%s` must be a number of dollars, at least 0", key);
    *value = json_number_value(json);
    return 0;
}

static int read_tier(const json_t *row, struct price_tier *t, struct error *err)
{
    t->in = t->out = NAN;
    if (read_price(row, "in", &t->in, err) != 0 || read_price(row, "out", &t->out, err) != 0)
        return -1;
    if (isnan(t->in) || isnan(t->out))
        return error_set(err, "needs `in` and `out`");
    t->cached = t->cache_write = t->in;
    if (read_price(row, "cached", &t->cached, err) != 0)
        return -1;
    return read_price(row, "cache_write", &t->cache_write, err);
}

/* From the smaller prompt to the larger one. */
static int read_tiers(const json_t *list, struct price *price, struct error *err)
{
    const json_t *row;
    size_t i;

    if (list && (!json_is_array(list) || json_array_size(list) >= PRICE_TIERS))
        return error_set(err, "`above` must be a list of at most %d", PRICE_TIERS - 1);
    json_array_foreach(list, i, row) {
        const json_t *tokens = json_object_get(row, "tokens");
        struct price_tier *t = &price->tiers[price->n_tiers];

        if (!json_is_integer(tokens) ||
            json_integer_value(tokens) <= price->tiers[price->n_tiers - 1].above)
            return error_set(err, "`above`: `tokens` must be counts that grow");
        t->above = json_integer_value(tokens);
        if (read_tier(row, t, err) != 0)
            return -1;
        price->n_tiers++;
    }
    return 0;
}

static void read_words(const json_t *row, const json_t *file, const char *key, char *to,
                       size_t size)
{
    const char *text = json_string_value(json_object_get(row, key));

    if (!text)
        text = json_string_value(json_object_get(file, key));
    snprintf(to, size, "%s", text ? text : "");
}

static int prices_read_row(const json_t *row, const json_t *file, struct price *price,
                           struct error *err)
{
    const char *provider = json_string_value(json_object_get(row, "provider"));
    const char *model = json_string_value(json_object_get(row, "model"));

    if (!model || strlen(model) >= sizeof(price->model) ||
        (provider && strlen(provider) >= sizeof(price->provider)))
        return error_set(err,
                         "needs a `model`, perhaps a `provider`, shorter than 96 bytes");
    snprintf(price->provider, sizeof(price->provider), "%s", provider ? provider : "");
    snprintf(price->model, sizeof(price->model), "%s", model);
    read_words(row, file, "date", price->date, sizeof(price->date));
    read_words(row, file, "source", price->source, sizeof(price->source));
    price->n_tiers = 1;
    if (read_tier(row, &price->tiers[0], err) != 0)
        return -1;
    return read_tiers(json_object_get(row, "above"), price, err);
}

static int prices_read_list(const char *text, struct list *list, struct error *err)
{
    json_error_t at;
    json_t *json = json_loads(text, 0, &at), *models = json_object_get(json, "models"),
           *row;
    struct error why;
    int status = -1;
    size_t i;

    if (!json) {
        error_set(err, "line %d: %.200s", at.line, at.text);
        goto out;
    }
    if (!json_is_array(models)) {
        error_set(err, "holds no list `models`");
        goto out;
    }
    list->rows = xcalloc(json_array_size(models) + 1, sizeof(*list->rows));
    json_array_foreach(models, i, row) {
        if (prices_read_row(row, json, &list->rows[i], &why) != 0) {
            error_set(err, "model %zu: %.300s", i + 1, why.text);
            goto out;
        }
        list->n++;
    }
    status = 0;
out:
    json_decref(json);
    return status;
}

struct prices *prices_parse(const char *text, struct error *err)
{
    struct prices *p = xcalloc(1, sizeof(*p));

    if (prices_read_list(prices_shipped, &p->shipped, err) == 0 &&
        (!text || prices_read_list(text, &p->own, err) == 0))
        return p;
    prices_destroy(p);
    return NULL;
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
        p = prices_parse(NULL, err);
    } else if ((text = (char *)file_load(path, PRICES_MAX, &len, err))) {
        p = prices_parse(text, &why);
        if (!p)
            error_set(err, "%s: %.500s", path, why.text);
        free(text);
    }
    free(path);
    return p;
}

static const struct price *prices_find_row(const struct list *list, const char *provider,
                                           const char *model)
{
    const struct price *best = NULL, *rows = list->rows;
    size_t best_len = 0;

    for (int i = 0; i < list->n; i++) {
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
    const struct price *price = prices_find_row(&p->own, provider, model);

    return price || !is_official ? price : prices_find_row(&p->shipped, provider, model);
}

double price_cost(const struct price *price, int64_t tokens_in, int64_t tokens_cached,
                  int64_t tokens_written, int64_t tokens_out)
{
    const struct price_tier *t;
    int64_t plain;

    if (!price || tokens_in < 0 || tokens_out < 0)
        return NAN;
    t = &price->tiers[0];
    for (int i = 1; i < price->n_tiers && tokens_in > price->tiers[i].above; i++)
        t = &price->tiers[i];
    tokens_cached = tokens_cached > 0 ? tokens_cached : 0;
    tokens_written = tokens_written > 0 ? tokens_written : 0;
    plain = tokens_in - tokens_cached - tokens_written;
    if (plain < 0)
        return NAN; /* the server's counts contradict each other */
    return ((double)plain * t->in + (double)tokens_cached * t->cached +
            (double)tokens_written * t->cache_write + (double)tokens_out * t->out) /
           1e6;
}

static void add_rows(json_t *rows, const struct list *list, const char *whose)
{
    for (int i = 0; i < list->n; i++)
        for (int k = 0; k < list->rows[i].n_tiers; k++) {
            const struct price *p = &list->rows[i];
            const struct price_tier *t = &p->tiers[k];

            json_array_append_new(
                rows, json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:s, s:s, s:s}",
                                "provider", p->provider, "model", p->model, "above",
                                (json_int_t)t->above, "in", json_finite(t->in), "cached",
                                json_finite(t->cached), "cache_write",
                                json_finite(t->cache_write), "out", json_finite(t->out),
                                "of", whose, "date", p->date, "source", p->source));
        }
}

json_t *prices_rows(const struct prices *p)
{
    json_t *rows = json_array();

    add_rows(rows, &p->own, "yours");
    add_rows(rows, &p->shipped, "ratchet");
    return rows;
}
