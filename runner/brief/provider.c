/* provider.c - turns and messages: made, freed, and written as JSON. */
#include "runner/brief/provider.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/brief/turn_end.h"

#include "base/json.h"

#define MAX_CALLS 256 /* in one turn; more is no reply of a model */

static const char *const role_names[] = { "system", "user", "assistant", "tool" };

void message_clear(struct message *m)
{
    for (int i = 0; i < m->n_calls; i++) {
        free(m->calls[i].id);
        free(m->calls[i].name);
        free(m->calls[i].raw);
        json_decref(m->calls[i].arguments);
    }
    for (int i = 0; i < m->n_images; i++) {
        free(m->images[i].png);
        free(m->images[i].caption);
    }
    free(m->calls);
    free(m->images);
    free(m->text);
    free(m->call_id);
    json_decref(m->extra);
    memset(m, 0, sizeof(*m));
}

void turn_clear(struct turn *t)
{
    message_clear(&t->message);
    memset(t, 0, sizeof(*t));
}

void turn_init(struct turn *t)
{
    memset(t, 0, sizeof(*t));
    t->message.role = ROLE_ASSISTANT;
    t->message.text = xstrdup("");
    t->usage.tokens_in = t->usage.tokens_cached = -1;
    t->usage.tokens_out = t->usage.tokens_reasoning = -1;
    t->usage.usd = NAN;
}

struct tool_call *message_add_call(struct message *m, const char *id, const char *name)
{
    struct tool_call *call = xgrow(m->calls, m->n_calls);

    *call = (struct tool_call){
        .id = id && *id ? xstrdup(id) : xasprintf("call_%d", m->n_calls),
        .name = xstrdup(name ? name : ""),
    };
    return call;
}

/* The object that the text holds, or NULL. Takes a string that holds an object for it,
 * and an object that was sent twice for one. */
static json_t *object_in_text(const char *text, int depth)
{
    json_error_t at;
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &at);
    const char *rest;
    size_t used;

    if (json_is_string(json) && depth == 0) {
        json_t *inner = object_in_text(json_string_value(json), depth + 1);
        json_decref(json);
        return inner;
    }
    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    used = (size_t)at.position;
    rest = text + used;
    rest += strspn(rest, " \t\r\n");
    if (*rest && strncmp(rest, text, strlen(rest)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

void tool_call_set_arguments(struct tool_call *call, const char *text)
{
    json_decref(call->arguments);
    free(call->raw);
    call->raw = NULL;
    if (text[strspn(text, " \t\r\n")] == '\0')
        call->arguments = json_object();
    else
        call->arguments = object_in_text(text, 0);
    if (!call->arguments)
        call->raw = provider_clean_text(text, strlen(text));
}

/* Length of the character at s; 0 when it is none, or NUL. */
static size_t utf8_length(const char *s, size_t left)
{
    return *s ? text_character(s, left) : 0;
}

char *provider_clean_text(const char *bytes, size_t len)
{
    size_t n_bad = 0, at = 0, n;
    char *clean;

    for (size_t i = 0; i < len; i += n ? n : 1) {
        n = utf8_length(bytes + i, len - i);
        n_bad += n == 0;
    }
    clean = xcalloc(len + 2 * n_bad + 1, 1);
    for (size_t i = 0; i < len; i += n ? n : 1) {
        n = utf8_length(bytes + i, len - i);
        memcpy(clean + at, n ? bytes + i : "\xef\xbf\xbd", n ? n : 3);
        at += n ? n : 3;
    }
    return clean;
}

static json_t *text_to_json(const char *text)
{
    char *clean = provider_clean_text(text ? text : "", text ? strlen(text) : 0);
    json_t *json = json_string(clean);

    free(clean);
    return json;
}

static json_t *call_to_json(const struct tool_call *call)
{
    json_t *json = json_object();

    json_object_set_new(json, "id", text_to_json(call->id));
    json_object_set_new(json, "name", text_to_json(call->name));
    if (call->arguments)
        json_object_set(json, "arguments", call->arguments);
    else
        json_object_set_new(json, "raw", text_to_json(call->raw));
    if (call->is_cancelled)
        json_object_set_new(json, "cancelled", json_true());
    return json;
}

json_t *message_to_json(const struct message *m)
{
    json_t *json = json_object(), *list;

    json_object_set_new(json, "role", json_string(role_names[m->role]));
    json_object_set_new(json, "text", text_to_json(m->text));
    if (m->n_calls > 0) {
        json_object_set_new(json, "calls", list = json_array());
        for (int i = 0; i < m->n_calls; i++)
            json_array_append_new(list, call_to_json(&m->calls[i]));
    }
    if (m->n_images > 0) {
        json_object_set_new(json, "images", list = json_array());
        for (int i = 0; i < m->n_images; i++)
            json_array_append_new(list, text_to_json(m->images[i].caption));
    }
    if (m->call_id)
        json_object_set_new(json, "call_id", text_to_json(m->call_id));
    if (m->is_error)
        json_object_set_new(json, "is_error", json_true());
    if (m->extra)
        json_object_set(json, "extra", m->extra);
    return json;
}

static json_t *count_to_json(int64_t count)
{
    return count < 0 ? json_null() : json_integer(count);
}

json_t *turn_to_json(const struct turn *t)
{
    const struct usage *u = &t->usage;
    json_t *json = message_to_json(&t->message), *usage = json_object();

    json_object_set_new(usage, "tokens_in", count_to_json(u->tokens_in));
    json_object_set_new(usage, "tokens_cached", count_to_json(u->tokens_cached));
    json_object_set_new(usage, "tokens_out", count_to_json(u->tokens_out));
    json_object_set_new(usage, "tokens_reasoning", count_to_json(u->tokens_reasoning));
    json_object_set_new(usage, "is_estimated", json_boolean(u->is_estimated));
    json_object_set_new(usage, "usd", json_finite(u->usd));
    json_object_set_new(usage, "n_tries", json_integer(u->n_tries));
    json_object_set_new(usage, "seconds",
                        json_finite(isfinite(u->seconds) ? u->seconds : 0));
    json_object_set_new(json, "usage", usage);
    json_object_set_new(json, "model", text_to_json(t->model));
    json_object_set_new(json, "fingerprint", text_to_json(t->fingerprint));
    if (t->is_cut)
        json_object_set_new(json, "is_cut", json_true());
    if (*t->stop)
        json_object_set_new(json, "stop", text_to_json(t->stop));
    return json;
}

int64_t provider_count(const json_t *usage, const char *key)
{
    const json_t *value = json_object_get(usage, key);

    return json_is_integer(value) && json_integer_value(value) >= 0 &&
                   json_integer_value(value) <= TOKENS_MOST
               ? json_integer_value(value)
               : -1;
}

/* A number of at least 0, else `other`: nobody pays, or takes, less than nothing. */
static double amount_from_json(const json_t *usage, const char *key, double other)
{
    const json_t *value = json_object_get(usage, key);

    return json_is_number(value) && json_number_value(value) >= 0
               ? json_number_value(value)
               : other;
}

static void usage_from_json(const json_t *json, struct usage *u)
{
    json_int_t n_tries = json_integer_value(json_object_get(json, "n_tries"));

    u->tokens_in = provider_count(json, "tokens_in");
    u->tokens_cached = provider_count(json, "tokens_cached");
    u->tokens_out = provider_count(json, "tokens_out");
    u->tokens_reasoning = provider_count(json, "tokens_reasoning");
    u->is_estimated = json_is_true(json_object_get(json, "is_estimated"));
    u->usd = amount_from_json(json, "usd", NAN);
    u->n_tries = n_tries > 0 && n_tries <= TRIES_MOST ? (int)n_tries : 0;
    u->seconds = amount_from_json(json, "seconds", 0);
}

static int calls_from_json(const json_t *list, struct message *m, struct error *err)
{
    const json_t *item;
    size_t i;

    if (list && (!json_is_array(list) || json_array_size(list) > MAX_CALLS))
        return error_set(err, "the turn's calls are not a list of at most %d", MAX_CALLS);
    json_array_foreach(list, i, item) {
        const json_t *id = json_object_get(item, "id");
        const json_t *name = json_object_get(item, "name");
        const json_t *raw = json_object_get(item, "raw");
        json_t *arguments = json_object_get(item, "arguments");
        struct tool_call *call;

        if (!json_is_string(name) || (id && !json_is_string(id)))
            return error_set(err,
                             "call %zu of the turn: needs a name, and an id that is "
                             "text",
                             i + 1);
        if ((arguments && !json_is_object(arguments)) || (raw && !json_is_string(raw)))
            return error_set(err, "call %zu of the turn: arguments must be an object",
                             i + 1);
        call = message_add_call(m, json_string_value(id), json_string_value(name));
        if (raw && !arguments)
            call->raw = xstrdup(json_string_value(raw));
        else
            call->arguments = arguments ? json_deep_copy(arguments) : json_object();
        call->is_cancelled = json_is_true(json_object_get(item, "cancelled"));
    }
    return 0;
}

static void copy_name(char *to, size_t size, const json_t *json)
{
    const char *text = json_string_value(json);

    if (text)
        strncat(memset(to, 0, size), text, size - 1);
}

int turn_from_json(const json_t *json, struct turn *out, struct error *err)
{
    const json_t *text = json_object_get(json, "text");
    const json_t *role = json_object_get(json, "role");
    json_t *extra = json_object_get(json, "extra");

    turn_init(out);
    if (!json_is_object(json)) {
        error_set(err, "a turn is an object with `text` and perhaps `calls`");
        goto refused;
    }
    if (role &&
        (!json_is_string(role) || strcmp(json_string_value(role), "assistant") != 0)) {
        error_set(err, "a turn's role is `assistant`");
        goto refused;
    }
    if (text ? !json_is_string(text) : !json_object_get(json, "calls")) {
        error_set(err, "a turn needs `text` (a string), or `calls`");
        goto refused;
    }
    if (text) {
        free(out->message.text);
        out->message.text = xstrdup(json_string_value(text));
    }
    if (calls_from_json(json_object_get(json, "calls"), &out->message, err) != 0)
        goto refused;
    if (json_is_object(extra))
        out->message.extra = json_deep_copy(extra);
    usage_from_json(json_object_get(json, "usage"), &out->usage);
    copy_name(out->model, sizeof(out->model), json_object_get(json, "model"));
    copy_name(out->fingerprint, sizeof(out->fingerprint),
              json_object_get(json, "fingerprint"));
    copy_name(out->stop, sizeof(out->stop), json_object_get(json, "stop"));
    out->is_cut = json_is_true(json_object_get(json, "is_cut")) ||
                  turn_end_of(out->stop) == TURN_CUT;
    if (out->is_cut && turn_end_of(out->stop) != TURN_CUT)
        strcpy(out->stop, "length"); /* of a session before there was `stop` */
    return 0;

refused:
    turn_clear(out);
    turn_init(out);
    return -1;
}

bool provider_is_sealed(const struct provider *p)
{
    return !p->kind->is_sealed || p->kind->is_sealed(p->self);
}

void provider_clear(struct provider *p)
{
    if (p->kind)
        p->kind->destroy(p->self);
    memset(p, 0, sizeof(*p));
}
