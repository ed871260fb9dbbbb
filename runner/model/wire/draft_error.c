/* draft_error.c - what a server says went wrong, in whatever form it says so.
 *
 * {"error": {"message", "type", "code"}}, {"error": "text"}, {"message"}, {"detail"}, any of
 * them in a list (Gemini), and the words of the server behind a proxy in "metadata"
 * (OpenRouter). Google's "details" tell when a quota is there again; others say it in the
 * message. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/model/wire/draft.h"

#define WAIT_MOST 1e6 /* seconds; what is said of more is no time */

static void error_code(struct draft_error *e, const json_t *code)
{
    const char *text = json_string_value(code);
    char *end;
    long number = text ? strtol(text, &end, 10) : 0;

    if (json_is_integer(code))
        number = json_integer_value(code) >= 400 && json_integer_value(code) < 600
                     ? (long)json_integer_value(code)
                     : 0;
    else if (!text || *end || end == text)
        number = 0;
    if (number >= 400 && number < 600) {
        if (e->status < 400)
            e->status = number;
    } else {
        draft_copy(e->code, sizeof(e->code), code);
    }
}

/* "22s", "7.38s", "6m0s", "120ms", "1.5 minutes", "26 seconds". NAN when it is none. A
 * number without a unit is seconds. */
static double error_duration(const char *text)
{
    double sum = 0;
    bool is_any = false;

    for (;;) {
        char *end;
        double value, unit = 1;

        text += strspn(text, " ");
        if (!isdigit((unsigned char)*text))
            break;
        value = strtod(text, &end);
        end += strspn(end, " ");
        if (strncmp(end, "ms", 2) == 0 || strncmp(end, "milli", 5) == 0)
            unit = 1e-3;
        else if (*end == 'h')
            unit = 3600;
        else if (*end == 'm')
            unit = 60;
        sum += value * unit;
        is_any = true;
        while (isalpha((unsigned char)*end))
            end++;
        text = end;
    }
    return is_any && sum >= 0 && sum < WAIT_MOST ? sum : NAN;
}

/* "Please try again in 20s", "Please retry in 7.38s", "retry after 26 seconds". */
static double error_wait_in(const char *message)
{
    static const char *const phrases[] = { "again in ", "retry in ", "retry after ",
                                           "again after ", NULL };

    for (const char *const *p = phrases; *p; p++) {
        const char *at = strcasestr(message, *p);

        if (at && isfinite(error_duration(at + strlen(*p))))
            return error_duration(at + strlen(*p));
    }
    return NAN;
}

/* Google's RetryInfo and QuotaFailure (google.rpc, error_details.proto). */
static void error_details(struct draft_error *e, const json_t *details)
{
    const json_t *one, *violation;
    size_t i, k;

    json_array_foreach(details, i, one) {
        const char *delay = json_string_value(json_object_get(one, "retryDelay"));

        if (delay && isfinite(error_duration(delay)))
            e->retry_after_s = error_duration(delay);
        json_array_foreach(json_object_get(one, "violations"), k, violation) {
            const char *id = json_string_value(json_object_get(violation, "quotaId"));

            e->is_daily |= id && strcasestr(id, "PerDay");
        }
    }
}

/* Behind the message: what the server behind a proxy said. */
static void error_upstream(struct draft_error *e, const json_t *raw)
{
    size_t len = strlen(e->message);

    if (json_string_length(raw) == 0 || len + 8 > sizeof(e->message))
        return;
    strcpy(e->message + len, *e->message ? ": " : "");
    len = strlen(e->message);
    draft_plain_text(e->message + len, sizeof(e->message) - len, json_string_value(raw),
                     json_string_length(raw));
}

void draft_error_from_json(struct draft_error *e, const json_t *json)
{
    const json_t *error, *from, *detail;
    char *text = NULL;

    if (json_is_array(json))
        json = json_array_get(json, 0);
    error = json_object_get(json, "error");
    if (json_is_array(error))
        error = json_array_get(error, 0);
    from = json_is_object(error) ? error : json;
    detail = json_object_get(json, "detail");
    draft_copy(e->type, sizeof(e->type), json_object_get(from, "status"));
    draft_copy(e->type, sizeof(e->type), json_object_get(from, "__type")); /* AWS's */
    draft_copy(e->type, sizeof(e->type), json_object_get(from, "type"));
    error_code(e, json_object_get(from, "code"));
    draft_copy(e->message, sizeof(e->message), error);
    draft_copy(e->message, sizeof(e->message), json_object_get(from, "Message"));
    draft_copy(e->message, sizeof(e->message), json_object_get(from, "message"));
    if (!*e->message && detail)
        text = json_dumps(detail, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!*e->message && !detail && error)
        text = json_dumps(error, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        draft_plain_text(e->message, sizeof(e->message), text, strlen(text));
    free(text);
    error_upstream(e, json_object_get(json_object_get(from, "metadata"), "raw"));
    error_details(e, json_object_get(from, "details"));
    e->is_daily |= strcasestr(e->message, "per day") || strcasestr(e->message, "daily limit");
    if (!isfinite(e->retry_after_s))
        e->retry_after_s = error_wait_in(e->message);
}

void draft_error_from_body(struct draft_error *e, const char *body, size_t len)
{
    char *clean = provider_clean_text(body, len);
    json_t *json = json_loads(clean, JSON_ALLOW_NUL, NULL);
    const char *title;

    if (json_is_object(json) || json_is_object(json_array_get(json, 0))) {
        draft_error_from_json(e, json);
    } else if (clean[strspn(clean, " \t\r\n")] == '<') {
        title = strcasestr(clean, "<title>");
        snprintf(e->message, sizeof(e->message), "an HTML page");
        if (title)
            snprintf(e->message, sizeof(e->message), "an HTML page, \"%.*s\"",
                     (int)(strcspn(title + 7, "<") < 100 ? strcspn(title + 7, "<") : 100),
                     title + 7);
        draft_plain_text(e->message, sizeof(e->message), e->message, strlen(e->message));
    } else {
        draft_plain_text(e->message, 200, clean, strlen(clean));
    }
    json_decref(json);
    free(clean);
}
