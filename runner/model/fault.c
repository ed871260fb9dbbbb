/* fault.c - what a failed try means: whether to try again, and what the user can do. */
#include "runner/model/fault.h"

#include <string.h>

static bool holds(const struct draft_error *e, const char *const *words)
{
    for (; *words; words++)
        if (strstr(e->code, *words) || strstr(e->type, *words) ||
            strcasestr(e->message, *words))
            return true;
    return false;
}

static bool is_quota(const struct draft_error *e)
{
    static const char *const words[] = {
        "insufficient_quota",        "billing_hard_limit",          "billing_not_active",
        "credit balance is too low", "exceeded your current quota", NULL
    };

    return e->status == 402 || holds(e, words);
}

static bool is_too_long(const struct draft_error *e)
{
    static const char *const words[] = { "context_length",     "context length",
                                         "prompt is too long", "exceed_context_size",
                                         "context size",       NULL };

    return (e->status == 400 || e->status == 413) && holds(e, words);
}

/* In a stream a status is rare; the type's name stands for it. */
static bool is_passing(const struct draft_error *e)
{
    static const char *const words[] = { "overloaded", "rate_limit", "server_error",
                                         "api_error",  "timeout",    "unavailable",
                                         NULL };

    return e->status == 0 && holds(e, words);
}

enum fault fault_of_error(const struct draft_error *e)
{
    if (is_quota(e))
        return FAULT_FINAL;
    if (is_too_long(e))
        return FAULT_GIVE_UP;
    switch (e->status) {
    case 408:
    case 409:
    case 425:
    case 429:
        return FAULT_RETRY;
    case 400:
    case 401:
    case 403:
    case 404:
    case 405:
    case 413:
    case 422:
    case 501:
        return FAULT_FINAL;
    default:
        break;
    }
    if (e->status >= 500 || is_passing(e))
        return FAULT_RETRY;
    return e->status >= 300 && e->status < 400 ? FAULT_FINAL : FAULT_GIVE_UP;
}

enum fault fault_of_end(enum http_end end)
{
    switch (end) {
    case HTTP_FAULT:
        return FAULT_RETRY;
    case HTTP_IMPOSSIBLE:
        return FAULT_FINAL;
    case HTTP_INTERRUPTED:
        return FAULT_INTERRUPTED;
    default:
        return FAULT_GIVE_UP;
    }
}

const char *fault_advice(const struct draft_error *e)
{
    if (is_quota(e))
        return "; the account's quota is used up: add credit, or choose another --model";
    if (is_too_long(e))
        return "; the conversation is longer than the model takes: choose one with more "
               "context";
    switch (e->status) {
    case 401:
        return "; the key was refused: check it";
    case 403:
        return "; the key may not do this: check its rights and the model's name";
    case 404:
    case 405:
        return "; no such model or address: check the model's name and the base URL";
    case 413:
        return "; the request is too large for the server";
    case 400:
    case 422:
        return "; the server does not take the request: check the model's name and kind";
    case 429:
    case 503:
    case 529:
        return "; try again later";
    default:
        return "";
    }
}
