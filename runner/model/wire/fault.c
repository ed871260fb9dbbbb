/* fault.c - what a failed try means: whether to try again, and what the user can do.
 *
 * What the server says counts for more than its status: the same fault comes as 400, 429
 * or 500, as the server, and the proxy before it, would have it. */
#include "runner/model/wire/fault.h"

#include <math.h>
#include <string.h>

static bool fault_holds(const struct draft_error *e, const char *const *words)
{
    for (; *words; words++)
        if (strcasestr(e->code, *words) || strcasestr(e->type, *words) ||
            strcasestr(e->message, *words))
            return true;
    return false;
}

/* In the words of OpenAI, Azure, Anthropic, Bedrock, Gemini, Mistral, DeepSeek, xAI,
 * Groq, vLLM, llama.cpp, Ollama, LM Studio, TGI and LiteLLM. A request that is larger than
 * a minute's quota will not do later either. */
static bool fault_is_too_long(const struct draft_error *e)
{
    static const char *const words[] = { "context_length",
                                         "context length",
                                         "context window",
                                         "contextwindow",
                                         "context_window",
                                         "context size",
                                         "exceed_context_size",
                                         "context limit",
                                         "context the overflows",
                                         "context shift is disabled",
                                         "prompt is too long",
                                         "input is too long",
                                         "input too long",
                                         "prompt too long",
                                         "maximum prompt length",
                                         "max_prompt_tokens",
                                         "prompt token count",
                                         "maximum model length",
                                         "maximum number of tokens allowed",
                                         "too large for model",
                                         "request_too_large",
                                         "request too large",
                                         "reduce the length of",
                                         "reduce your message size",
                                         "too many input tokens",
                                         NULL };

    return e->status == 413 || fault_holds(e, words);
}

static bool fault_is_key_refused(const struct draft_error *e)
{
    static const char *const words[] = { "invalid_api_key",      "incorrect api key",
                                         "invalid api key",      "api key not valid",
                                         "api_key_invalid",      "authentication_error",
                                         "invalid x-api-key",    "signature we calculated",
                                         "security token included in the request", NULL };

    return e->status == 401 || fault_holds(e, words);
}

/* Used up until the account gets more, or the day ends; a quota that names the time after
 * which it is there again is only a rate. */
static bool fault_is_quota(const struct draft_error *e)
{
    static const char *const words[] = {
        "insufficient_quota", "billing_hard_limit",          "billing_not_active",
        "credit balance",     "exceeded your current quota", "insufficient balance",
        "insufficient credits", NULL
    };
    bool is_rate = isfinite(e->retry_after_s) && !e->is_daily;

    return e->status == 402 || (fault_holds(e, words) && !is_rate);
}

static bool fault_is_rate(const struct draft_error *e)
{
    static const char *const words[] = { "overloaded",         "rate limit",
                                         "rate_limit",         "too many requests",
                                         "too many tokens, please wait",
                                         "throttl",            "resource_exhausted",
                                         "capacity exceeded",  "currently at capacity",
                                         NULL };

    return fault_holds(e, words);
}

/* In a stream a status is rare; the type's name stands for it. */
static bool fault_is_passing(const struct draft_error *e)
{
    static const char *const words[] = { "server_error", "api_error", "timeout",
                                         "unavailable",  "internal",  NULL };

    return e->status == 0 && fault_holds(e, words);
}

static bool fault_is_model_wrong(const struct draft_error *e)
{
    static const char *const words[] = { "model_not_found", "unknown model",
                                         "model does not exist", "no such model", NULL };

    return fault_holds(e, words);
}

enum fault fault_of_error(const struct draft_error *e)
{
    if (fault_is_too_long(e))
        return FAULT_TOO_LONG;
    if (fault_is_key_refused(e) || fault_is_quota(e) || fault_is_model_wrong(e))
        return FAULT_FINAL;
    if (fault_is_rate(e) || isfinite(e->retry_after_s))
        return FAULT_RETRY;
    switch (e->status) {
    case 408:
    case 409:
    case 424:
    case 425:
    case 429:
        return FAULT_RETRY;
    case 400:
    case 403:
    case 404:
    case 405:
    case 422:
    case 501:
        return FAULT_FINAL;
    default:
        break;
    }
    if (e->status >= 500 || fault_is_passing(e))
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
    if (fault_is_too_long(e))
        return "; the conversation is longer than the model takes: choose one with more "
               "context";
    if (fault_is_key_refused(e))
        return "; the key was refused: check it";
    if (fault_is_quota(e))
        return e->is_daily ? "; the day's quota is used up: go on with --resume when "
                             "there is more, or choose another --model"
                           : "; the account's quota is used up: add credit, or choose "
                             "another --model";
    if (fault_is_model_wrong(e))
        return "; no such model or address: check the model's name and the base URL";
    switch (e->status) {
    case 403:
        return "; the key may not do this: check its rights and the model's name";
    case 404:
    case 405:
        return "; no such model or address: check the model's name and the base URL";
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
