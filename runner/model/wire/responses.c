/* responses.c - OpenAI's Responses API.
 *
 * Stateless: nothing is stored at the server (`store` false), and each request sends the
 * items of earlier turns again, the model's own (reasoning with them, encrypted) as they
 * were in message.extra. */
#include "runner/brief/providers.h"
#include "runner/model/wire/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "runner/brief/turn_end.h"

#define KIND "openai-responses"

static json_t *responses_image_part(const struct image *image)
{
    char *url = base64_text("data:image/png;base64,", image->png, image->len);
    json_t *part = json_pack("{s:s, s:s}", "type", "input_image", "image_url", url);

    free(url);
    return part;
}

static void responses_add_images(const struct api *api, json_t *parts,
                                 const struct message *m)
{
    for (int i = 0; i < m->n_images; i++) {
        const char *caption = m->images[i].caption ? m->images[i].caption : "image";

        json_array_append_new(parts, json_pack("{s:s, s:o}", "type", "input_text", "text",
                                               api_text(caption)));
        if (!api->lacks.images)
            json_array_append_new(parts, responses_image_part(&m->images[i]));
    }
}

static void add_user(const struct api *api, json_t *list, const struct message *m)
{
    json_t *parts = json_array();

    if (m->role != ROLE_TOOL && *m->text)
        json_array_append_new(parts, json_pack("{s:s, s:o}", "type", "input_text", "text",
                                               api_text(m->text)));
    responses_add_images(api, parts, m);
    if (json_array_size(parts) > 0)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "type", "message", "role",
                                        m->role == ROLE_SYSTEM ? "system" : "user",
                                        "content", parts));
    else
        json_decref(parts);
}

static void responses_add_assistant(const struct api *api, json_t *list,
                                    const struct message *m)
{
    json_t *items = json_object_get(m->extra, KIND), *item;
    size_t k;

    if (json_is_array(items) && !api->lacks.reasoning_items) {
        json_array_foreach(items, k, item)
            json_array_append(list, item);
        return;
    }
    if (*m->text)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o}", "type", "message", "role",
                                        "assistant", "content", api_text(m->text)));
    for (int i = 0; i < m->n_calls; i++) {
        char *arguments = m->calls[i].arguments
                              ? json_dumps(m->calls[i].arguments, JSON_COMPACT)
                              : xstrdup(m->calls[i].raw ? m->calls[i].raw : "");

        json_array_append_new(
            list, json_pack("{s:s, s:o, s:o, s:o}", "type", "function_call", "call_id",
                            api_text(m->calls[i].id), "name", api_text(m->calls[i].name),
                            "arguments", api_text(arguments)));
        free(arguments);
    }
}

static json_t *input_items(const struct api *api, const struct request *request)
{
    json_t *list = json_array();

    for (int i = 0; i < request->n_messages; i++) {
        const struct message *m = &request->messages[i];

        if (m->role == ROLE_ASSISTANT) {
            responses_add_assistant(api, list, m);
            continue;
        }
        if (m->role == ROLE_TOOL)
            json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "type",
                                                  "function_call_output", "call_id",
                                                  api_text(m->call_id ? m->call_id : ""),
                                                  "output", api_text(m->text)));
        add_user(api, list, m);
    }
    return list;
}

static json_t *responses_body(const struct api *api, const struct request *request)
{
    json_t *body = json_pack("{s:o, s:o, s:b, s:b}", "model", api_text(api->model),
                             "input", input_items(api, request), "stream",
                             !api->lacks.stream, "store", 0);
    json_t *tools = json_array();

    for (int i = 0; i < request->n_tools; i++)
        json_array_append_new(tools,
                              json_pack("{s:s, s:s, s:s, s:o*, s:b}", "type", "function",
                                        "name", request->tools[i].name, "description",
                                        request->tools[i].about, "parameters",
                                        api_schema(api, request->tools[i].schema),
                                        "strict", api_is_strict(api)));
    if (json_array_size(tools) > 0)
        json_object_set(body, "tools", tools);
    json_decref(tools);
    if (!api->lacks.reasoning_items)
        json_object_set_new(body, "include",
                            json_pack("[s]", "reasoning.encrypted_content"));
    if (api->max_tokens > 0)
        json_object_set_new(body, "max_output_tokens", json_integer(api->max_tokens));
    return body;
}

static bool responses_is_type(const json_t *json, const char *type)
{
    const char *value = json_string_value(json_object_get(json, "type"));

    return value && strcmp(value, type) == 0;
}

static void take_item(struct draft *reply, const json_t *item, long index)
{
    const json_t *part;
    struct draft_call *call;
    size_t i;

    if (responses_is_type(item, "message")) {
        json_array_foreach(json_object_get(item, "content"), i, part) {
            draft_add_text(reply, json_object_get(part, "text"));
            draft_add_refusal(reply, json_object_get(part, "refusal"));
        }
    } else if (responses_is_type(item, "function_call")) {
        call = draft_call(reply, index, json_object_get(item, "call_id"),
                          json_object_get(item, "name"));
        if (call)
            draft_add_arguments(call, json_object_get(item, "arguments"));
    }
}

/* What goes back: without the ids, which only a server that stores them knows. */
static void keep_item(json_t *kept, json_t *item)
{
    json_t *copy;

    if (!responses_is_type(item, "message") &&
        !responses_is_type(item, "function_call") &&
        !responses_is_type(item, "reasoning"))
        return;
    if (responses_is_type(item, "reasoning") &&
        !json_is_string(json_object_get(item, "encrypted_content")))
        return; /* cannot be sent again */
    copy = json_copy(item);
    json_object_del(copy, "id");
    json_object_del(copy, "status");
    json_array_append_new(kept, copy);
}

/* A call without an id gets one of ours, which the kept item would not have. */
static bool has_ids(const json_t *kept)
{
    const json_t *item;
    size_t i;

    json_array_foreach(kept, i, item)
        if (responses_is_type(item, "function_call") &&
            json_string_length(json_object_get(item, "call_id")) == 0)
            return false;
    return true;
}

/* Items of the stream stand in `items` under KIND until the end; those of the finished
 * response count for more, if it has any. */
static void take_response(struct draft *reply, const json_t *response)
{
    json_t *output = json_object_get(response, "output"), *kept = json_array(), *item;
    const json_t *usage = json_object_get(response, "usage");
    const json_t *details = json_object_get(response, "incomplete_details");
    size_t i;

    if (json_array_size(output) == 0)
        output = json_object_get(reply->items, KIND);
    json_array_foreach(output, i, item) {
        take_item(reply, item, (long)i);
        keep_item(kept, item);
    }
    json_decref(reply->items);
    reply->items = NULL;
    if (has_ids(kept))
        reply->items = json_pack("{s:O}", KIND, kept);
    json_decref(kept);
    draft_copy(reply->model, sizeof(reply->model), json_object_get(response, "model"));
    draft_copy(reply->finish, sizeof(reply->finish), json_object_get(response, "status"));
    draft_copy(reply->finish, sizeof(reply->finish), json_object_get(details, "reason"));
    reply->tokens_in = provider_count(usage, "input_tokens");
    reply->tokens_out = provider_count(usage, "output_tokens");
    reply->tokens_cached = provider_count(json_object_get(usage, "input_tokens_details"),
                                          "cached_tokens");
    reply->tokens_reasoning = provider_count(
        json_object_get(usage, "output_tokens_details"), "reasoning_tokens");
    reply->is_whole = true;
}

static void take_failure(struct draft *reply, const json_t *json)
{
    reply->has_failed = true;
    draft_error_from_json(&reply->error, json);
}

static int responses_event(struct draft *reply, const char *name, const json_t *json)
{
    json_t *response = json_object_get(json, "response");
    json_t *item = json_object_get(json, "item");

    (void)name;
    if (responses_is_type(json, "response.output_item.done") && json_is_object(item)) {
        if (!reply->items)
            reply->items = json_pack("{s:[]}", KIND);
        if (json_array_size(json_object_get(reply->items, KIND)) < DRAFT_MAX_CALLS)
            json_array_append(json_object_get(reply->items, KIND), item);
        return 0;
    }
    if (responses_is_type(json, "error"))
        return take_failure(reply, json), 1;
    if (responses_is_type(json, "response.failed") ||
        responses_is_type(json, "response.cancelled"))
        return take_failure(reply, response), 1;
    if (!responses_is_type(json, "response.completed") &&
        !responses_is_type(json, "response.incomplete"))
        return 0;
    take_response(reply, response);
    return 1;
}

static void responses_whole(struct draft *reply, const json_t *json)
{
    const char *status = json_string_value(json_object_get(json, "status"));

    if (status && turn_end_of(status) == TURN_FAILED)
        take_failure(reply, json);
    else if (json_is_array(json_object_get(json, "output")))
        take_response(reply, json);
}

static bool responses_adapt(struct api *api, const struct request *request,
                            const struct draft_error *error)
{
    static const char *const reasoning[] = { "encrypted", "include", "reasoning", NULL };
    static const char *const images[] = { "image", "vision", NULL };

    if (error->status != 400 && error->status != 404 && error->status != 422 &&
        error->status != 500) /* llama.cpp's */
        return false;
    if (api_mentions(error, reasoning))
        return api_set_lack(api, &api->lacks.reasoning_items,
                            "no encrypted thoughts back", error);
    if (api_mentions(error, images))
        return api_set_lack(api, &api->lacks.images, "no pictures", error);
    return api_lacks_strict(api, request, error) || api_lacks_tools(api, request, error);
}

const struct dialect responses_dialect = {
    .wire = WIRE_RESPONSES,
    .name = KIND,
    .vendor = "openai",
    .key_name = "OPENAI_API_KEY",
    .base_names = { "OPENAI_BASE_URL", "OPENAI_API_BASE" },
    .default_base = "https://api.openai.com/v1",
    .root = "/v1",
    .path = "/responses",
    .key_header = "Authorization: Bearer ",
    .body = responses_body,
    .event = responses_event,
    .whole = responses_whole,
    .adapt = responses_adapt,
};

static bool responses_is_usable(char *why, size_t why_size)
{
    return api_is_usable(&responses_dialect, why, why_size);
}

static void *responses_create(const struct provider_config *config, struct error *err)
{
    return api_create(&responses_dialect, config, err);
}

const struct provider_kind responses_provider = {
    .name = KIND,
    .about = "OpenAI's Responses API, stateless",
    .argument = "MODEL",
    .is_usable = responses_is_usable,
    .has_settings = true,
    .create = responses_create,
    .destroy = api_destroy,
    .ask = api_ask,
    .answers = api_answers,
};
