/* anthropic.c - Anthropic's Messages API.
 *
 * Its prompt cache works on prefixes, so up to three places are marked: the end of the
 * system's text (tools stand before it), the end of the messages that are the same in
 * every request of the run, and the end of the conversation, which the next turn begins
 * with. */
#include "base/base64.h"
#include "runner/brief/providers.h"
#include "runner/model/wire/anthropic_kept.h"
#include "runner/model/wire/api.h"

#include <stdlib.h>
#include <string.h>

static json_t *text_block(const char *text)
{
    char *clean = provider_clean_text(text, strlen(text));
    json_t *block = json_pack("{s:s, s:s}", "type", "text", "text", clean);

    free(clean);
    return block;
}

static json_t *image_block(const struct image *image)
{
    char *data = base64_text("", image->png, image->len);
    json_t *block = json_pack("{s:s, s:{s:s, s:s, s:s}}", "type", "image", "source",
                              "type", "base64", "media_type", "image/png", "data", data);

    free(data);
    return block;
}

/* Empty text blocks are refused. */
static void anthropic_add_text(json_t *blocks, const char *text)
{
    if (text && text[strspn(text, " \t\r\n")])
        json_array_append_new(blocks, text_block(text));
}

static void anthropic_add_images(const struct api *api, json_t *blocks,
                                 const struct message *m)
{
    for (int i = 0; i < m->n_images; i++) {
        anthropic_add_text(blocks, m->images[i].caption);
        if (!api->lacks.images)
            json_array_append_new(blocks, image_block(&m->images[i]));
    }
}

static void add_result(const struct api *api, json_t *blocks, const struct message *m)
{
    json_t *inner = json_array();

    anthropic_add_text(inner, m->text);
    anthropic_add_images(api, inner, m);
    json_array_append_new(blocks, json_pack("{s:s, s:s, s:o, s:b}", "type", "tool_result",
                                            "tool_use_id", m->call_id ? m->call_id : "",
                                            "content", inner, "is_error", m->is_error));
}

static void add_calls(json_t *blocks, const struct message *m)
{
    for (int i = 0; i < m->n_calls; i++) {
        const struct tool_call *call = &m->calls[i];
        json_t *input = call->arguments
                            ? json_incref(call->arguments)
                            : json_pack("{s:s}", "not_json", call->raw ? call->raw : "");

        json_array_append_new(blocks,
                              json_pack("{s:s, s:s, s:s, s:o}", "type", "tool_use", "id",
                                        call->id, "name", call->name, "input", input));
    }
}

/* The blocks of the last message if it is of that role, else of a new one: roles
 * alternate. */
static json_t *blocks_of(json_t *list, const char *role)
{
    json_t *last = json_array_get(list, json_array_size(list) - 1), *blocks;

    if (last && strcmp(json_string_value(json_object_get(last, "role")), role) == 0)
        return json_object_get(last, "content");
    blocks = json_array();
    json_array_append_new(list, json_pack("{s:s, s:o}", "role", role, "content", blocks));
    return blocks;
}

static void mark_cache(const struct api *api, json_t *blocks)
{
    json_t *last = json_array_get(blocks, json_array_size(blocks) - 1);
    const char *type = json_string_value(json_object_get(last, "type"));

    if (last && !api->lacks.cache && !strstr(type ? type : "", "thinking"))
        json_object_set_new(last, "cache_control",
                            json_pack("{s:s}", "type", "ephemeral"));
}

static void anthropic_add_message(const struct api *api, json_t *list, json_t *system,
                                  const struct message *m)
{
    json_t *blocks;

    if (m->role == ROLE_SYSTEM && json_array_size(list) == 0) {
        anthropic_add_text(system, m->text);
        return;
    }
    blocks = blocks_of(list, m->role == ROLE_ASSISTANT ? "assistant" : "user");
    if (m->role == ROLE_TOOL) {
        add_result(api, blocks, m);
        return;
    }
    if (!api->lacks.reasoning && anthropic_kept_put(blocks, m))
        return;
    anthropic_add_text(blocks, m->text);
    add_calls(blocks, m);
    anthropic_add_images(api, blocks, m);
    if (json_array_size(blocks) == 0)
        anthropic_add_text(blocks, "(nothing)");
}

static json_t *anthropic_body(const struct api *api, const struct request *request)
{
    json_t *list = json_array(), *system = json_array(), *tools = json_array();
    json_t *body = json_pack("{s:s, s:i}", "model", api->model, "max_tokens",
                             api->max_tokens);

    if (!api->lacks.stream)
        json_object_set_new(body, "stream", json_true());

    for (int i = 0; i < request->n_messages; i++) {
        anthropic_add_message(api, list, system, &request->messages[i]);
        if (json_array_size(list) > 0 &&
            (i + 1 == request->stable_messages || i + 1 == request->n_messages))
            mark_cache(api,
                       json_object_get(json_array_get(list, json_array_size(list) - 1),
                                       "content"));
    }
    for (int i = 0; i < request->n_tools; i++)
        json_array_append_new(tools, json_pack("{s:s, s:s, s:O?}", "name",
                                               request->tools[i].name, "description",
                                               request->tools[i].about, "input_schema",
                                               request->tools[i].schema));
    mark_cache(api, system);
    if (json_array_size(system) > 0)
        json_object_set(body, "system", system);
    if (json_array_size(tools) > 0)
        json_object_set(body, "tools", tools);
    json_object_set_new(body, "messages", list);
    json_decref(system);
    json_decref(tools);
    return body;
}

static void anthropic_take_usage(struct draft *reply, const json_t *usage)
{
    int64_t in = provider_count(usage, "input_tokens"),
            out = provider_count(usage, "output_tokens");
    int64_t read = provider_count(usage, "cache_read_input_tokens");
    int64_t written = provider_count(usage, "cache_creation_input_tokens");

    if (read >= 0)
        reply->tokens_cached = read;
    if (written >= 0)
        reply->tokens_written = written;
    if (in >= 0) /* which leaves out what the cache read and wrote */
        reply->tokens_in = in + (read > 0 ? read : 0) + (written > 0 ? written : 0);
    if (out >= 0)
        reply->tokens_out = out;
}

/* A block as it begins, or whole. `input` is empty when it begins in a stream. */
static void anthropic_take_block(struct draft *reply, const json_t *block, long index)
{
    const char *type = json_string_value(json_object_get(block, "type"));
    const json_t *input = json_object_get(block, "input");
    struct draft_call *call;

    if (!type)
        return;
    anthropic_kept_begin(reply, block, index);
    if (strcmp(type, "text") == 0)
        draft_add_text(reply, json_object_get(block, "text"));
    if (strcmp(type, "tool_use") != 0)
        return;
    call = draft_call(reply, index, json_object_get(block, "id"),
                      json_object_get(block, "name"));
    if (call && json_object_size(input) > 0)
        draft_add_arguments(call, input);
}

static void take_delta(struct draft *reply, const json_t *json, long index)
{
    const json_t *delta = json_object_get(json, "delta");
    const json_t *piece = json_object_get(delta, "partial_json");
    struct draft_call *call;

    anthropic_kept_add(reply, delta, index);
    draft_add_text(reply, json_object_get(delta, "text"));
    if (!json_is_string(piece))
        return;
    call = draft_call(reply, index, NULL, NULL);
    if (call)
        draft_add_arguments(call, piece);
}

static int anthropic_event(struct draft *reply, const char *name, const json_t *json)
{
    const char *type = json_string_value(json_object_get(json, "type"));
    const json_t *message = json_object_get(json, "message");
    long index = (long)json_integer_value(json_object_get(json, "index"));

    if (!type)
        type = name;
    if (strcmp(type, "message_start") == 0) {
        draft_copy(reply->model, sizeof(reply->model), json_object_get(message, "model"));
        anthropic_take_usage(reply, json_object_get(message, "usage"));
    } else if (strcmp(type, "content_block_start") == 0) {
        anthropic_take_block(reply, json_object_get(json, "content_block"), index);
    } else if (strcmp(type, "content_block_delta") == 0) {
        take_delta(reply, json, index);
    } else if (strcmp(type, "message_delta") == 0) {
        anthropic_take_usage(reply, json_object_get(json, "usage"));
        draft_copy(reply->finish, sizeof(reply->finish),
                   json_object_get(json_object_get(json, "delta"), "stop_reason"));
    } else if (strcmp(type, "message_stop") == 0) {
        reply->is_whole = true;
        return 1;
    }
    return 0;
}

static void anthropic_whole(struct draft *reply, const json_t *json)
{
    const json_t *content = json_object_get(json, "content"), *block;
    size_t i;

    json_array_foreach(content, i, block)
        anthropic_take_block(reply, block, (long)i);
    draft_copy(reply->model, sizeof(reply->model), json_object_get(json, "model"));
    draft_copy(reply->finish, sizeof(reply->finish),
               json_object_get(json, "stop_reason"));
    anthropic_take_usage(reply, json_object_get(json, "usage"));
    reply->is_whole = json_is_array(content);
}

/* "max_tokens: 16000 > 4096, which is the maximum allowed ..." */
static bool lower_max_tokens(struct api *api, const struct draft_error *error)
{
    const char *greater = strstr(error->message, "max_tokens")
                              ? strchr(error->message, '>')
                              : NULL;
    long limit = greater ? strtol(greater + 1, NULL, 10) : 0;

    if (limit <= 0 || limit >= api->max_tokens)
        return false;
    api->max_tokens = (int)limit;
    return true;
}

static bool anthropic_adapt(struct api *api, const struct request *request,
                            const struct draft_error *error)
{
    static const char *const cache[] = { "cache_control", NULL };
    static const char *const images[] = { "image", NULL };
    static const char *const signature[] = { "invalid `signature`", "invalid signature",
                                             NULL };

    if (error->status != 400 && error->status != 500) /* llama.cpp's */
        return false;
    if (lower_max_tokens(api, error))
        return true;
    if (api_mentions(error, cache))
        return api_set_lack(api, &api->lacks.cache, "no marks for its cache", error);
    if (api_mentions(error, images))
        return api_set_lack(api, &api->lacks.images, "no pictures", error);
    if (api_mentions(error, signature))
        return api_set_lack(api, &api->lacks.reasoning,
                            "nothing of what another model thought: it is no longer sent "
                            "back",
                            error);
    return api_lacks_tools(api, request, error);
}

const struct dialect anthropic_dialect = {
    .wire = WIRE_ANTHROPIC,
    .name = "anthropic",
    .vendor = "anthropic",
    .key_name = "ANTHROPIC_API_KEY",
    .base_names = { "ANTHROPIC_BASE_URL", NULL },
    .token_name = "ANTHROPIC_AUTH_TOKEN",
    .default_base = "https://api.anthropic.com",
    .root = "",
    .path = "/v1/messages",
    .key_header = "x-api-key: ",
    .other_header = "anthropic-version: 2023-06-01",
    .default_max_tokens = 16000,
    .body = anthropic_body,
    .event = anthropic_event,
    .whole = anthropic_whole,
    .settle = anthropic_kept_settle,
    .adapt = anthropic_adapt,
};

static bool anthropic_is_usable(char *why, size_t why_size)
{
    return api_is_usable(&anthropic_dialect, why, why_size);
}

static void *anthropic_create(const struct provider_config *config, struct error *err)
{
    return api_create(&anthropic_dialect, config, err);
}

const struct provider_kind anthropic_provider = {
    .name = "anthropic",
    .about = "Anthropic's Messages API, with its prompt cache",
    .argument = "MODEL",
    .is_usable = anthropic_is_usable,
    .has_settings = true,
    .create = anthropic_create,
    .destroy = api_destroy,
    .ask = api_ask,
    .answers = api_answers,
};
