/* chat_kept.c - what a thinking model behind Chat Completions wants back as it was.
 *
 * Each vendor has its field for it, and demands it with the next request when there were
 * tool calls: `reasoning_content` (DeepSeek, Kimi, GLM), `reasoning` (vLLM, Ollama),
 * `reasoning_details` (OpenRouter, MiniMax), `thinking_blocks` (LiteLLM), and Gemini's
 * signatures in the `extra_content` of a call. A field goes back to whoever sent it and to
 * nobody else, so a server that has none of them sees none.
 *
 * While a reply comes in, draft.items gathers {FIELD: [fragments...]}; they are joined
 * once, at the end, so that a long thought is not copied with each of its pieces. */
#include "runner/model/wire/chat_kept.h"

#include <stdlib.h>
#include <string.h>

#include "runner/brief/provider.h"

#define KIND "openai"
#define WHOLE "whole" /* set in items when no fragment is to be joined */

static const char *const text_fields[] = { "reasoning_content", "reasoning", NULL };
static const char *const list_fields[] = { "reasoning_details", "thinking_blocks", NULL };

/* Members of a block that come in pieces; of others the last word counts. */
static const char *const piece_fields[] = { "text", "summary", "thinking", NULL };

static json_t *chat_kept_gathered(struct draft *reply, const char *field)
{
    json_t *list;

    if (!reply->items)
        reply->items = json_object();
    list = json_object_get(reply->items, field);
    if (!list)
        json_object_set_new(reply->items, field, list = json_array());
    return list;
}

void chat_kept_take(struct draft *reply, const json_t *message, bool is_fragment)
{
    json_t *value;

    for (const char *const *f = text_fields; *f; f++)
        if (json_is_string(value = json_object_get(message, *f)))
            json_array_append(chat_kept_gathered(reply, *f), value);
    for (const char *const *f = list_fields; *f; f++)
        if (json_is_array(value = json_object_get(message, *f)))
            json_array_extend(chat_kept_gathered(reply, *f), value);
    if (json_is_object(value = json_object_get(message, "extra_content")))
        json_array_append(chat_kept_gathered(reply, "extra_content"), value);
    if (!is_fragment && reply->items)
        json_object_set_new(reply->items, WHOLE, json_true());
}

/* Some servers send all that there is so far again and again, where others send what is
 * new. */
static bool chat_kept_is_cumulative(const json_t *pieces)
{
    for (size_t i = 1; i < json_array_size(pieces); i++) {
        const json_t *before = json_array_get(pieces, i - 1),
                     *after = json_array_get(pieces, i);

        if (json_string_length(after) < json_string_length(before) ||
            memcmp(json_string_value(after), json_string_value(before),
                   json_string_length(before)) != 0)
            return false;
    }
    return json_array_size(pieces) > 1;
}

static json_t *chat_kept_joined(const json_t *pieces)
{
    const json_t *piece;
    char *text = NULL;
    size_t i, len;
    FILE *f;
    json_t *json;

    if (chat_kept_is_cumulative(pieces))
        return json_incref(json_array_get(pieces, json_array_size(pieces) - 1));
    f = open_memstream(&text, &len);
    json_array_foreach(pieces, i, piece)
        fwrite(json_string_value(piece), 1, json_string_length(piece), f);
    fclose(f);
    json = json_stringn(text, len);
    free(text);
    return json;
}

static bool chat_kept_same_string(const json_t *a, const json_t *b, const char *key)
{
    const char *x = json_string_value(json_object_get(a, key));
    const char *y = json_string_value(json_object_get(b, key));

    return !x || !y || strcmp(x, y) == 0;
}

/* Does `next` go on with the block `last`? What is encrypted, or signed already, is
 * whole. */
static bool chat_kept_goes_on(const json_t *last, const json_t *next)
{
    const json_t *a = json_object_get(last, "index"), *b = json_object_get(next, "index");

    if (!last || !chat_kept_same_string(last, next, "type") || !chat_kept_same_string(last, next, "id") ||
        json_object_get(last, "data") || json_object_get(next, "data"))
        return false;
    if (json_is_integer(a) && json_is_integer(b))
        return json_integer_value(a) == json_integer_value(b);
    return json_string_length(json_object_get(last, "signature")) == 0;
}

/* Adds a fragment: pieces of text as {"text": [pieces...]} until the block is whole. */
static void chat_kept_add_fragment(json_t *block, json_t *fragment)
{
    const char *key;
    json_t *value;

    json_object_foreach(fragment, key, value) {
        bool is_piece = false;

        for (const char *const *f = piece_fields; *f; f++)
            is_piece |= json_is_string(value) && strcmp(key, *f) == 0;
        if (is_piece) {
            json_t *pieces = json_object_get(block, key);
            if (!json_is_array(pieces))
                json_object_set_new(block, key, pieces = json_array());
            json_array_append(pieces, value);
        } else if (!json_is_null(value) || !json_object_get(block, key)) {
            json_object_set(block, key, value);
        }
    }
}

/* Blocks out of fragments, in the order in which they began. */
static json_t *chat_kept_merged(json_t *fragments)
{
    json_t *blocks = json_array(), *fragment, *block;
    size_t i;

    json_array_foreach(fragments, i, fragment) {
        if (!json_is_object(fragment))
            continue;
        block = json_array_get(blocks, json_array_size(blocks) - 1);
        if (!chat_kept_goes_on(block, fragment))
            json_array_append_new(blocks, block = json_object());
        chat_kept_add_fragment(block, fragment);
    }
    json_array_foreach(blocks, i, block)
        for (const char *const *f = piece_fields; *f; f++)
            if (json_is_array(json_object_get(block, *f)))
                json_object_set_new(block, *f, chat_kept_joined(json_object_get(block, *f)));
    return blocks;
}

/* Of each call what came with it, null where nothing did; NULL when none had any. */
static json_t *chat_kept_call_extras(const struct draft *reply)
{
    json_t *list = json_object();

    for (int i = 0; i < reply->n_calls; i++)
        if (reply->calls[i]->extra)
            json_object_set(list, reply->calls[i]->id, reply->calls[i]->extra);
    if (json_object_size(list) > 0)
        return list;
    json_decref(list);
    return NULL;
}

void chat_kept_settle(struct draft *reply)
{
    json_t *kept = json_object(), *value, *calls = chat_kept_call_extras(reply);
    bool is_whole = json_object_get(reply->items, WHOLE) != NULL;

    for (const char *const *f = text_fields; *f; f++)
        if ((value = json_object_get(reply->items, *f)))
            json_object_set_new(kept, *f, chat_kept_joined(value));
    for (const char *const *f = list_fields; *f; f++)
        if ((value = json_object_get(reply->items, *f)))
            json_object_set_new(kept, *f, is_whole ? json_incref(value) : chat_kept_merged(value));
    value = json_object_get(reply->items, "extra_content");
    if (value)
        json_object_set(kept, "extra_content",
                        json_array_get(value, json_array_size(value) - 1));
    if (calls)
        json_object_set_new(kept, "calls", calls);
    json_decref(reply->items);
    reply->items = json_object_size(kept) > 0 ? json_pack("{s:O}", KIND, kept) : NULL;
    json_decref(kept);
}

void chat_kept_put(json_t *message, const json_t *extra)
{
    json_t *kept = json_object_get(extra, KIND), *value, *call;
    json_t *calls = json_object_get(kept, "calls");
    const char *key;
    size_t i;

    json_object_foreach(kept, key, value)
        if (strcmp(key, "calls") != 0)
            json_object_set(message, key, value);
    json_array_foreach(json_object_get(message, "tool_calls"), i, call) {
        value = json_object_get(calls, json_string_value(json_object_get(call, "id")));
        if (value)
            json_object_set(call, "extra_content", value);
    }
}

void chat_kept_put_empty(json_t *message)
{
    if (!json_object_get(message, "reasoning_content"))
        json_object_set_new(message, "reasoning_content", json_string(""));
}

void chat_kept_put_signature(json_t *message)
{
    json_t *call = json_array_get(json_object_get(message, "tool_calls"), 0);

    /* The word that Google's page on signatures gives for calls that have none. */
    if (call && !json_object_get(call, "extra_content"))
        json_object_set_new(call, "extra_content",
                            json_pack("{s:{s:s}}", "google", "thought_signature",
                                      "skip_thought_signature_validator"));
}
