/* draft.c - one turn while it is being put together from a server's fragments. */
#include "runner/model/wire/draft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/turn_end.h"
#include "runner/model/wire/api_keys.h"

void draft_init(struct draft *r)
{
    memset(r, 0, sizeof(*r));
    r->file = open_memstream(&r->text, &r->len);
    r->tokens_in = r->tokens_cached = r->tokens_out = r->tokens_reasoning = -1;
    r->tokens_written = -1;
    r->usd = r->error.retry_after_s = NAN;
}

void draft_clear(struct draft *r)
{
    for (int i = 0; i < r->n_calls; i++) {
        fclose(r->calls[i]->file);
        free(r->calls[i]->arguments);
        free(r->calls[i]->id);
        free(r->calls[i]->name);
        json_decref(r->calls[i]->extra);
        free(r->calls[i]);
    }
    free(r->calls);
    if (r->file)
        fclose(r->file);
    free(r->text);
    json_decref(r->items);
    memset(r, 0, sizeof(*r));
}

static void write_string(FILE *f, const json_t *text)
{
    fwrite(json_string_value(text), 1, json_string_length(text), f);
}

void draft_add_text(struct draft *r, const json_t *text)
{
    if (json_is_string(text))
        write_string(r->file, text);
}

void draft_add_refusal(struct draft *r, const json_t *text)
{
    r->is_refused |= json_string_length(text) > 0;
    draft_add_text(r, text);
}

/* An empty string says nothing. */
static const char *said(const json_t *text)
{
    const char *value = json_string_value(text);

    return value && *value ? value : NULL;
}

static void set_once(char **to, const char *value)
{
    if (!value || **to)
        return;
    free(*to);
    *to = xstrdup(value);
}

struct draft_call *draft_call(struct draft *r, long index, const json_t *id,
                              const json_t *name)
{
    struct draft_call *call = NULL;

    for (int i = 0; i < r->n_calls; i++)
        if (r->calls[i]->index == index)
            call = r->calls[i];
    if (call && said(id) && said(name) && *call->id && *call->name &&
        strcmp(call->id, said(id)) != 0)
        call = NULL;
    if (!call) {
        if (r->n_calls == DRAFT_MAX_CALLS)
            return NULL;
        call = *xgrow(r->calls, r->n_calls) = xcalloc(1, sizeof(*call));
        call->index = index;
        call->id = xstrdup("");
        call->name = xstrdup("");
        call->file = open_memstream(&call->arguments, &call->len);
    }
    set_once(&call->id, said(id));
    set_once(&call->name, said(name));
    return call;
}

void draft_add_arguments(struct draft_call *call, const json_t *arguments)
{
    char *text;

    if (json_is_string(arguments)) {
        write_string(call->file, arguments);
    } else if (json_is_object(arguments)) {
        text = json_dumps(arguments, JSON_COMPACT);
        fputs(text ? text : "", call->file);
        free(text);
    }
}

/* The one may hold the other's twice over. */
static bool same_arguments(const char *a, const char *b)
{
    size_t n = strlen(a), len = strlen(b);

    if (n == 0 || len % n != 0)
        return n == len;
    for (size_t at = 0; at < len; at += n)
        if (strncmp(a, b + at, n) != 0)
            return false;
    return true;
}

/* The same call twice is a proxy's repetition. */
static bool draft_is_repeated(const struct draft *r, int k)
{
    for (int i = 0; i < k; i++)
        if (*r->calls[k]->id && strcmp(r->calls[i]->id, r->calls[k]->id) == 0 &&
            same_arguments(r->calls[i]->arguments, r->calls[k]->arguments))
            return true;
    return false;
}

static void take_calls(struct draft *r, const struct request *request, char *const *keys,
                       struct message *m)
{
    for (int i = 0; i < r->n_calls; i++)
        fflush(r->calls[i]->file);
    /* Insertion keeps those of one index in the order in which they began. */
    for (int i = 1; i < r->n_calls; i++)
        for (int k = i; k > 0 && r->calls[k - 1]->index > r->calls[k]->index; k--) {
            struct draft_call *swap = r->calls[k];
            r->calls[k] = r->calls[k - 1];
            r->calls[k - 1] = swap;
        }
    for (int i = 0; i < r->n_calls; i++) {
        struct draft_call *from = r->calls[i];
        struct tool_call *to;
        char id[64], *text;

        if ((!*from->name && from->len == 0) || draft_is_repeated(r, i))
            continue;
        snprintf(id, sizeof(id), "call_%d_%d_%d", request->iteration, request->turn,
                 i + 1);
        api_keys_redact_all(keys, from->id);
        api_keys_redact_all(keys, from->name);
        set_once(&from->id, id);
        to = message_add_call(m, from->id, *from->name ? from->name : "unnamed");
        text = provider_clean_text(from->arguments, from->len);
        api_keys_redact_all(keys, text);
        tool_call_set_arguments(to, text);
        free(text);
    }
}

/* The last call of a reply that was cut may lack its arguments: no call is made of
 * nothing. */
static void mark_cut_call(const struct draft *r, struct message *m)
{
    struct tool_call *call = m->n_calls > 0 ? &m->calls[m->n_calls - 1] : NULL;

    if (!call || r->calls[r->n_calls - 1]->len > 0)
        return;
    json_decref(call->arguments);
    free(call->raw);
    call->arguments = NULL;
    call->raw = xstrdup("");
}

static void take_items(struct draft *r, char *const *keys, struct message *m)
{
    char *text;

    if (!r->items)
        return;
    text = json_dumps(r->items, JSON_COMPACT);
    api_keys_redact_all(keys, text);
    m->extra = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
}

void draft_take(struct draft *r, const struct request *request, char *const *keys,
                struct turn *out)
{
    fflush(r->file);
    free(out->message.text);
    out->message.text = provider_clean_text(r->text, r->len);
    api_keys_redact_all(keys, out->message.text);
    take_calls(r, request, keys, &out->message);
    if (r->settle)
        r->settle(r);
    take_items(r, keys, &out->message);
    out->usage.tokens_in = r->tokens_in;
    out->usage.tokens_cached = r->tokens_cached;
    out->usage.tokens_out = r->tokens_out;
    out->usage.tokens_reasoning = r->tokens_reasoning;
    api_keys_redact_all(keys, r->model);
    api_keys_redact_all(keys, r->fingerprint);
    snprintf(out->model, sizeof(out->model), "%s", r->model);
    snprintf(out->fingerprint, sizeof(out->fingerprint), "%s", r->fingerprint);
    if (turn_end_of(r->finish) != TURN_WHOLE)
        snprintf(out->stop, sizeof(out->stop), "%s", r->finish);
    else if (r->is_refused)
        strcpy(out->stop, "refusal");
    out->is_cut = turn_end_of(out->stop) == TURN_CUT;
    api_keys_redact_all(keys, out->stop);
    if (out->is_cut)
        mark_cut_call(r, &out->message);
}

void draft_copy(char *to, size_t size, const json_t *text)
{
    if (json_is_string(text))
        draft_plain_text(to, size, json_string_value(text), json_string_length(text));
}

void draft_plain_text(char *out, size_t size, const char *text, size_t len)
{
    char *clean = provider_clean_text(text, len < 4096 ? len : 4096);
    size_t n = strlen(clean);

    for (char *p = clean; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = ' ';
    if (n >= size) {
        n = size - 1;
        while (n > 0 && ((unsigned char)clean[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a character */
    }
    memcpy(out, clean, n);
    out[n] = '\0';
    free(clean);
}
