/* openai.c - OpenAI's Chat Completions, and what imitates it.
 *
 * No field is sent that an imitator might refuse unless it is needed; one that is refused
 * all the same is left out from then on (chat_adapt). */
#include "base/base64.h"
#include "runner/brief/providers.h"
#include "runner/model/wire/api.h"
#include "runner/model/wire/chat_kept.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *openai_image_part(const struct image *image)
{
    char *url = base64_text("data:image/png;base64,", image->png, image->len);
    json_t *part = json_pack("{s:s, s:{s:s}}", "type", "image_url", "image_url", "url",
                             url);

    free(url);
    return part;
}

static json_t *text_part(const char *text)
{
    return json_pack("{s:s, s:o}", "type", "text", "text", api_text(text));
}

/* Adds the text to the last message when that is of the same role, as templates of local
 * models want roles to alternate; parts only where there are pictures. */
static void openai_add_text(json_t *list, const char *role, const char *text)
{
    json_t *last = json_array_get(list, json_array_size(list) - 1);
    json_t *content = json_object_get(last, "content");
    const char *last_role = json_string_value(json_object_get(last, "role"));
    char *joined;

    if (!*text)
        return;
    if (!last_role || strcmp(last_role, role) != 0 ||
        json_object_get(last, "tool_calls")) {
        json_array_append_new(
            list, json_pack("{s:s, s:o}", "role", role, "content", api_text(text)));
    } else if (json_is_array(content)) {
        json_array_append_new(content, text_part(text));
    } else {
        joined = xasprintf("%s\n\n%s", json_string_value(content), text);
        json_object_set_new(last, "content", api_text(joined));
        free(joined);
    }
}

/* As parts of a user message, the only role that may have pictures. */
static void openai_add_images(const struct api *api, json_t *list,
                              const struct message *m)
{
    for (int i = 0; i < m->n_images; i++) {
        const char *caption = m->images[i].caption ? m->images[i].caption : "image";
        char *text = xasprintf(
            "[%s%s]", caption,
            api->lacks.images ? ": not shown, the model takes no pictures" : "");
        json_t *last, *content;

        openai_add_text(list, "user", text);
        free(text);
        if (api->lacks.images)
            continue;
        last = json_array_get(list, json_array_size(list) - 1);
        content = json_object_get(last, "content");
        if (!json_is_array(content)) {
            content = json_pack("[o]", text_part(json_string_value(content)));
            json_object_set_new(last, "content", content);
        }
        json_array_append_new(content, openai_image_part(&m->images[i]));
    }
}

static char *arguments_text(const struct tool_call *call)
{
    json_t *odd;
    char *text;

    if (call->arguments)
        return json_dumps(call->arguments, JSON_COMPACT);
    /* Servers parse it, so what was no JSON goes back inside of some. */
    odd = json_pack("{s:o}", "not_json", api_text(call->raw ? call->raw : ""));
    text = json_dumps(odd, JSON_COMPACT);
    json_decref(odd);
    return text;
}

/* What a thinking model said beside its text and calls; nothing where the server takes
 * nothing of it. */
static void chat_put_kept(const struct api *api, json_t *message, const struct message *m)
{
    if (!api->lacks.reasoning)
        chat_kept_put(message, m->extra);
    if (api->lacks.empty_reasoning)
        chat_kept_put_empty(message);
    if (api->lacks.signatures)
        chat_kept_put_signature(message);
}

static void openai_add_assistant(const struct api *api, json_t *list,
                                 const struct message *m)
{
    json_t *calls, *message;

    if (m->n_calls == 0) {
        openai_add_text(list, "assistant", m->text);
        message = json_array_get(list, json_array_size(list) - 1);
        if (*m->text)
            chat_put_kept(api, message, m);
        return;
    }
    calls = json_array();
    for (int i = 0; i < m->n_calls; i++) {
        char *arguments = arguments_text(&m->calls[i]);

        json_array_append_new(calls,
                              json_pack("{s:o, s:s, s:{s:o, s:o}}", "id",
                                        api_text(m->calls[i].id), "type", "function",
                                        "function", "name", api_text(m->calls[i].name),
                                        "arguments", api_text(arguments)));
        free(arguments);
    }
    message = json_pack("{s:s, s:o, s:o}", "role", "assistant", "content",
                        *m->text ? api_text(m->text) : json_null(), "tool_calls", calls);
    chat_put_kept(api, message, m);
    json_array_append_new(list, message);
}

static json_t *chat_messages(const struct api *api, const struct request *request)
{
    json_t *list = json_array();
    int n_shown = 0; /* messages whose images are in */

    for (int i = 0; i < request->n_messages; i++) {
        const struct message *m = &request->messages[i];
        bool is_last_result = m->role == ROLE_TOOL &&
                              (i + 1 == request->n_messages ||
                               request->messages[i + 1].role != ROLE_TOOL);

        if (m->role == ROLE_ASSISTANT)
            openai_add_assistant(api, list, m);
        else if (m->role == ROLE_TOOL)
            json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "role", "tool",
                                                  "tool_call_id",
                                                  api_text(m->call_id ? m->call_id : ""),
                                                  "content", api_text(m->text)));
        else
            openai_add_text(list, m->role == ROLE_SYSTEM ? "system" : "user", m->text);
        /* Results must stand together, so their pictures come behind the last of them. */
        if (m->role == ROLE_TOOL && !is_last_result)
            continue;
        for (; n_shown <= i; n_shown++)
            openai_add_images(api, list, &request->messages[n_shown]);
    }
    return list;
}

static json_t *chat_body(const struct api *api, const struct request *request)
{
    json_t *body = json_pack("{s:o, s:o}", "model", api_text(api->model), "messages",
                             chat_messages(api, request));
    json_t *tools = json_array();

    for (int i = 0; i < request->n_tools; i++)
        json_array_append_new(tools,
                              json_pack("{s:s, s:{s:s, s:s, s:o*, s:o*}}", "type",
                                        "function", "function", "name",
                                        request->tools[i].name, "description",
                                        request->tools[i].about, "parameters",
                                        api_schema(api, request->tools[i].schema),
                                        "strict",
                                        api_is_strict(api) ? json_true() : NULL));
    if (json_array_size(tools) > 0)
        json_object_set(body, "tools", tools);
    json_decref(tools);
    if (!api->lacks.stream) {
        json_object_set_new(body, "stream", json_true());
        if (!api->lacks.usage_option)
            json_object_set_new(body, "stream_options",
                                json_pack("{s:b}", "include_usage", 1));
    }
    if (api->max_tokens > 0)
        json_object_set_new(
            body, api->lacks.new_max_tokens ? "max_tokens" : "max_completion_tokens",
            json_integer(api->max_tokens));
    return body;
}

static void openai_take_usage(struct draft *reply, const json_t *usage)
{
    const json_t *in = json_object_get(usage, "prompt_tokens_details");
    const json_t *out = json_object_get(usage, "completion_tokens_details");
    const json_t *cost = json_object_get(usage, "cost");

    if (!json_is_object(usage))
        return;
    reply->tokens_in = provider_count(usage, "prompt_tokens");
    reply->tokens_out = provider_count(usage, "completion_tokens");
    reply->tokens_cached = provider_count(in, "cached_tokens");
    reply->tokens_reasoning = provider_count(out, "reasoning_tokens");
    /* 0 is no price that a budget could count on: what is free has a price of 0 of one's own. */
    if (json_is_number(cost) && json_number_value(cost) > 0)
        reply->usd = json_number_value(cost);
}

/* Text, or a list of parts of which the texts count. */
static void take_content(struct draft *reply, const json_t *content)
{
    const json_t *part;
    size_t i;

    draft_add_text(reply, content);
    json_array_foreach(content, i, part) {
        const char *type = json_string_value(json_object_get(part, "type"));

        if (!type || strcmp(type, "text") == 0)
            draft_add_text(reply, json_object_get(part, "text"));
    }
}

static void take_call(struct draft *reply, const json_t *call, size_t position)
{
    const json_t *index = json_object_get(call, "index");
    const json_t *function = json_object_get(call, "function");
    struct draft_call *to;

    if (!json_is_object(call))
        return;
    if (!json_is_object(function))
        function = call; /* name and arguments one level higher, as some have it */
    to = draft_call(
        reply, json_is_integer(index) ? (long)json_integer_value(index) : (long)position,
        json_object_get(call, "id"), json_object_get(function, "name"));
    if (!to)
        return;
    draft_add_arguments(to, json_object_get(function, "arguments"));
    if (!to->extra && json_is_object(json_object_get(call, "extra_content")))
        to->extra = json_incref(json_object_get(call, "extra_content"));
}

/* A message, or the fragment of one. */
static void openai_take_message(struct draft *reply, const json_t *message)
{
    const json_t *call, *old = json_object_get(message, "function_call");
    size_t i;

    take_content(reply, json_object_get(message, "content"));
    draft_add_refusal(reply, json_object_get(message, "refusal"));
    json_array_foreach(json_object_get(message, "tool_calls"), i, call)
        take_call(reply, call, i);
    if (json_is_object(old))
        take_call(reply, old, 0);
}

static void take_choice(struct draft *reply, const json_t *json, const char *key,
                        bool is_fragment)
{
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
    const json_t *finish = json_object_get(choice, "finish_reason");
    const json_t *index = json_object_get(choice, "index");
    const json_t *message = json_object_get(choice, key);

    draft_copy(reply->model, sizeof(reply->model), json_object_get(json, "model"));
    draft_copy(reply->fingerprint, sizeof(reply->fingerprint),
               json_object_get(json, "system_fingerprint"));
    openai_take_usage(reply, json_object_get(json, "usage"));
    if (!json_is_object(choice) ||
        (json_is_integer(index) && json_integer_value(index) != 0))
        return;
    if (!message)
        message = json_object_get(choice, "message");
    openai_take_message(reply, message);
    chat_kept_take(reply, message, is_fragment);
    if (json_is_string(finish) && json_string_length(finish) > 0) {
        draft_copy(reply->finish, sizeof(reply->finish), finish);
        reply->is_whole = true; /* usage may follow, then [DONE] */
    }
}

static int chat_event(struct draft *reply, const char *name, const json_t *json)
{
    (void)name;
    take_choice(reply, json, "delta", true);
    return 0;
}

static void chat_whole(struct draft *reply, const json_t *json)
{
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);

    take_choice(reply, json, "message", false);
    reply->is_whole = json_is_object(json_object_get(choice, "message"));
}

/* The server finds what a thinking model said missing, or does not want it. */
static bool chat_adapt_kept(struct api *api, const struct draft_error *error)
{
    static const char *const reasoning[] = { "reasoning_content", "reasoning_details",
                                             "'reasoning'", NULL };
    static const char *const missing[] = { "passed back", "missing", "required", NULL };
    static const char *const unwanted[] = { "support",    "unknown",       "unrecognized",
                                            "unexpected", "not permitted", "not allowed",
                                            "extra",      NULL };
    static const char *const signature[] = { "thought_signature", "thoughtsignature",
                                             "thought signature", NULL };

    if (api_mentions(error, signature))
        return api_set_lack(api, &api->lacks.signatures,
                            "calls with signatures alone: Google's word for one that is "
                            "not there goes with those of no thinking model",
                            error);
    if (!api_mentions(error, reasoning))
        return false;
    if (api_mentions(error, missing))
        return api_set_lack(api, &api->lacks.empty_reasoning,
                            "turns with reasoning_content alone: an empty one goes with "
                            "those that had none",
                            error);
    return api_mentions(error, unwanted) &&
           api_set_lack(api, &api->lacks.reasoning,
                        "nothing of what its model thought: it is no longer sent back",
                        error);
}

static bool chat_adapt(struct api *api, const struct request *request,
                       const struct draft_error *error)
{
    static const char *const refusals[] = { "support",    "unknown",     "unrecognized",
                                            "unexpected", "not allowed", "not permitted",
                                            "extra",      "require",     "invalid",
                                            "--jinja",    "unsupported", NULL };
    static const char *const usage[] = { "stream_options", "include_usage", NULL };
    static const char *const limit[] = { "max_completion_tokens", NULL };
    static const char *const images[] = { "image", "vision", "multimodal", "mmproj",
                                          NULL };
    static const char *const stream[] = { "stream", NULL };

    if (error->status == 401 || error->status == 403 || error->status == 429)
        return false;
    if (chat_adapt_kept(api, error))
        return true;
    if (!api_mentions(error, refusals))
        return false;
    if (api_mentions(error, limit) && api->max_tokens > 0)
        return api_set_lack(api, &api->lacks.new_max_tokens,
                            "max_tokens, not max_completion_tokens", error);
    if (api_mentions(error, usage))
        return api_set_lack(api, &api->lacks.usage_option, "no stream_options", error);
    if (api_lacks_strict(api, request, error) || api_lacks_tools(api, request, error))
        return true;
    if (api_mentions(error, images))
        return api_set_lack(api, &api->lacks.images, "no pictures", error);
    if (api_mentions(error, stream))
        return api_set_lack(api, &api->lacks.stream, "no streams", error);
    return false;
}

const struct dialect chat_dialect = {
    .wire = WIRE_CHAT,
    .name = "openai",
    .vendor = "openai",
    .key_name = "OPENAI_API_KEY",
    .base_names = { "OPENAI_BASE_URL", "OPENAI_API_BASE" },
    .default_base = "https://api.openai.com/v1",
    .root = "/v1",
    .path = "/chat/completions",
    .key_header = "Authorization: Bearer ",
    .body = chat_body,
    .event = chat_event,
    .whole = chat_whole,
    .settle = chat_kept_settle,
    .adapt = chat_adapt,
};

static bool chat_is_usable(char *why, size_t why_size)
{
    return api_is_usable(&chat_dialect, why, why_size);
}

static void *chat_create(const struct provider_config *config, struct error *err)
{
    return api_create(&chat_dialect, config, err);
}

const struct provider_kind openai_provider = {
    .name = "openai",
    .about =
        "OpenAI's Chat Completions and what imitates it (llama.cpp, Ollama, vLLM, ...)",
    .argument = "MODEL",
    .is_usable = chat_is_usable,
    .has_settings = true,
    .create = chat_create,
    .destroy = api_destroy,
    .ask = api_ask,
    .answers = api_answers,
};
