/* answer.c - one try's reply as its bytes come: what kind it is, and whether it is
 * good. */
#include "runner/model/wire/answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runner/brief/turn_end.h"

#define ERROR_MAX (64 << 10) /* bytes of an error's body that are looked at */

/* What a list of one object holds, as Gemini sends errors; else the same. */
static json_t *answer_object(json_t *json)
{
    json_t *first = json_array_size(json) == 1 ? json_array_get(json, 0) : NULL;

    if (!json_is_object(first))
        return json;
    json_incref(first);
    json_decref(json);
    return first;
}

static int on_event(void *user, const char *name, const char *data, size_t len)
{
    struct answer *a = user;
    json_error_t at;
    json_t *json;
    char *clean;
    int result;

    if (len == 6 && strcmp(data, "[DONE]") == 0) {
        a->reply.is_whole = true;
        return 1;
    }
    clean = provider_clean_text(data, len);
    json = answer_object(json_loads(clean, JSON_ALLOW_NUL, &at));
    free(clean);
    if (!json_is_object(json)) {
        error_set(&a->bad, "an event of the stream is not a JSON object (%.100s)",
                  json ? "another value" : at.text);
        json_decref(json);
        return 2;
    }
    if (json_is_object(json_object_get(json, "error")) ||
        json_is_string(json_object_get(json, "error"))) {
        a->reply.has_failed = true;
        draft_error_from_json(&a->reply.error, json);
        result = 1;
    } else {
        result = a->dialect->event(&a->reply, name, json);
    }
    json_decref(json);
    return result;
}

void answer_init(struct answer *a, const struct dialect *dialect)
{
    memset(a, 0, sizeof(*a));
    a->dialect = dialect;
    draft_init(&a->reply);
    a->reply.settle = dialect->settle;
    sse_init(&a->sse, ANSWER_EVENT_MAX, on_event, a);
    a->file = open_memstream(&a->body, &a->len);
}

void answer_clear(struct answer *a)
{
    draft_clear(&a->reply);
    sse_clear(&a->sse);
    fclose(a->file);
    free(a->body);
    memset(a, 0, sizeof(*a));
}

static enum http_next html(struct answer *a)
{
    a->is_bad_final = true;
    error_set(&a->bad,
              "an HTML page instead of a reply: the base URL is not an API's, or a "
              "proxy stands between");
    return HTTP_BAD;
}

/* What a success holds, by its type, or by its first byte where the type says little. */
static enum http_next answer_find_kind(struct answer *a, const char *bytes, size_t len)
{
    const char *type = a->head.content_type;
    char first = '\0', plain[64];

    for (size_t i = 0; i < len && !first; i++)
        if (!strchr(" \t\r\n\xef\xbb\xbf", bytes[i]))
            first = bytes[i];
    if (*a->head.encoding && strcasecmp(a->head.encoding, "identity") != 0) {
        error_set(&a->bad, "the reply is compressed, which was not asked for");
        return HTTP_BAD;
    }
    if (strcasestr(type, "html") || first == '<')
        return html(a);
    if (!first)
        return HTTP_GO_ON; /* blanks: the next piece tells */
    if (strcasestr(type, "event-stream"))
        a->kind = ANSWER_STREAM;
    else if (strcasestr(type, "json"))
        a->kind = ANSWER_WHOLE;
    else if (*type && !strcasestr(type, "text/plain") &&
             !strcasestr(type, "octet-stream"))
        goto wrong;
    else if (first == '{' || first == '[')
        a->kind = ANSWER_WHOLE;
    else if (strchr("deir:", first))
        a->kind = ANSWER_STREAM;
    else
        goto wrong;
    return HTTP_GO_ON;

wrong:
    draft_plain_text(plain, sizeof(plain), type, strlen(type));
    error_set(&a->bad,
              "a reply of type \"%s\", neither JSON nor an event stream: check the "
              "base URL",
              plain);
    a->is_bad_final = true;
    return HTTP_BAD;
}

enum http_next answer_take(void *user, const struct http_head *head, const char *bytes,
                           size_t len)
{
    struct answer *a = user;
    bool was_unknown;
    int result = 0;

    a->head = *head;
    if (head->status < 200 || head->status > 299)
        a->kind = ANSWER_ERROR;
    was_unknown = a->kind == ANSWER_UNKNOWN;
    if (was_unknown && answer_find_kind(a, bytes, len) == HTTP_BAD)
        return HTTP_BAD;
    if (a->kind != ANSWER_STREAM) {
        fwrite(bytes, 1, len, a->file);
        return a->kind == ANSWER_ERROR && ftell(a->file) > ERROR_MAX ? HTTP_STOP
                                                                     : HTTP_GO_ON;
    }
    if (was_unknown && fflush(a->file) == 0)
        result = sse_feed(&a->sse, a->body, a->len); /* the blanks before it */
    if (result == 0)
        result = sse_feed(&a->sse, bytes, len);
    if (result == SSE_TOO_LONG)
        error_set(&a->bad, "an event of the stream is larger than %zu bytes",
                  ANSWER_EVENT_MAX);
    return result == 0 ? HTTP_GO_ON : result == 1 ? HTTP_STOP : HTTP_BAD;
}

static enum fault refused(struct answer *a, struct error *err)
{
    struct draft_error *e = &a->reply.error;
    long http = a->head.status;

    a->reply.has_failed = true;
    if (http < 200 || http > 299) {
        e->status = http;
        draft_error_from_body(e, a->body, a->len);
        e->status = http; /* a code in the body does not overrule it */
    }
    if (!isnan(a->head.retry_after_s))
        e->retry_after_s = a->head.retry_after_s;
    if (http >= 300 && http < 400) {
        char to[200];

        draft_plain_text(to, sizeof(to), a->head.location,
                         strcspn(a->head.location, "?#"));
        error_set(err,
                  "redirected (HTTP %ld) to %s, which is not followed: check the base "
                  "URL",
                  http, *to ? to : "nowhere");
        return FAULT_FINAL;
    }
    error_set(err, "%s%.0ld%s%s%s%s%s", e->status ? "HTTP " : "the server failed",
              e->status, *e->type || *e->code ? " " : "", *e->code ? e->code : e->type,
              *e->message ? ": " : "", e->message, fault_advice(e));
    return fault_of_error(e);
}

static enum fault end_whole(struct answer *a, struct error *err)
{
    char *clean = provider_clean_text(a->body, a->len);
    json_error_t at;
    json_t *json = answer_object(json_loads(clean, JSON_ALLOW_NUL, &at)), *error;

    free(clean);
    if (!json_is_object(json)) {
        error_set(err, "the reply is not a JSON object (%.100s)",
                  json ? "another value" : at.text);
        json_decref(json);
        return FAULT_GIVE_UP;
    }
    error = json_object_get(json, "error");
    if (json_is_object(error) || json_is_string(error)) {
        a->reply.has_failed = true;
        draft_error_from_json(&a->reply.error, json);
    } else {
        a->dialect->whole(&a->reply, json);
    }
    json_decref(json);
    if (a->reply.has_failed)
        return refused(a, err);
    if (!a->reply.is_whole) {
        error_set(err, "the reply is JSON, but none of %s's", a->dialect->name);
        return FAULT_GIVE_UP;
    }
    return FAULT_NONE;
}

static enum fault end_stream(struct answer *a, struct error *err)
{
    int result = a->reply.is_whole || a->reply.has_failed ? 1 : sse_end(&a->sse);

    if (a->reply.has_failed)
        return refused(a, err);
    if (a->reply.is_whole)
        return FAULT_NONE;
    error_set(err, result == 2 ? "the stream ended in the middle of an event"
                               : "the stream ended before the reply was whole");
    return FAULT_RETRY;
}

/* A reply that the server broke off is none. */
static enum fault check_finish(const struct answer *a, enum fault fault,
                               struct error *err)
{
    if (fault != FAULT_NONE || turn_end_of(a->reply.finish) != TURN_FAILED)
        return fault;
    error_set(err, "the reply %s (`%s`)", turn_end_text(TURN_FAILED), a->reply.finish);
    return FAULT_RETRY;
}

enum fault answer_end(struct answer *a, enum http_end end, const struct error *why,
                      struct error *err)
{
    fflush(a->file);
    if (*a->bad.text) {
        error_set(err, "%.600s", a->bad.text);
        return a->is_bad_final ? FAULT_FINAL : FAULT_GIVE_UP;
    }
    if (end == HTTP_FAULT && a->kind == ANSWER_STREAM && a->reply.is_whole)
        end = HTTP_DONE; /* all was said before the connection broke */
    if (end != HTTP_DONE && end != HTTP_INTERRUPTED && a->head.status >= 300)
        end = HTTP_DONE; /* the status says enough */
    if (end != HTTP_DONE) {
        error_set(err, "%.600s", why->text);
        return fault_of_end(end);
    }
    if (a->head.status < 200 || a->head.status > 299)
        return refused(a, err);
    if (a->kind == ANSWER_STREAM)
        return check_finish(a, end_stream(a, err), err);
    if (a->kind == ANSWER_WHOLE)
        return check_finish(a, end_whole(a, err), err);
    error_set(err, "an empty reply");
    return FAULT_RETRY;
}
