/* anthropic_kept.c - the blocks of a reply that has thought, which go back as they were.
 *
 * A thinking block is signed, and the server refuses a conversation in which a call's
 * thinking is missing, changed, or in another place (docs.claude.com, Extended thinking,
 * Preserving thinking blocks). So the whole list of blocks is kept, in its order.
 *
 * While a reply comes in, draft.items is {INDEX: {"block", TEXT-FIELD: [pieces...]}}. */
#include "runner/model/wire/anthropic_kept.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/brief/turn_end.h"

#define KIND "anthropic"

/* A delta's member, and the member of the block that it goes on with. */
static const struct {
    const char *delta, *block;
} parts[] = {
    { "text", "text" },
    { "thinking", "thinking" },
    { "signature", "signature" },
    { "partial_json", "input" },
};
enum { N_PARTS = sizeof(parts) / sizeof(parts[0]) };

static const char *anthropic_kept_type_of(const json_t *block)
{
    const char *type = json_string_value(json_object_get(block, "type"));

    return type ? type : "";
}

void anthropic_kept_begin(struct draft *reply, const json_t *block, long index)
{
    char key[32];

    if (!json_is_object(block))
        return;
    snprintf(key, sizeof(key), "%ld", index);
    if (!reply->items)
        reply->items = json_object();
    json_object_set_new(reply->items, key, json_pack("{s:o}", "block", json_copy((json_t *)(uintptr_t)block)));
}

void anthropic_kept_add(struct draft *reply, const json_t *delta, long index)
{
    char key[32];
    json_t *entry, *piece, *pieces;

    snprintf(key, sizeof(key), "%ld", index);
    entry = json_object_get(reply->items, key);
    for (int i = 0; entry && i < N_PARTS; i++) {
        piece = json_object_get(delta, parts[i].delta);
        if (!json_is_string(piece))
            continue;
        pieces = json_object_get(entry, parts[i].block);
        if (!pieces)
            json_object_set_new(entry, parts[i].block, pieces = json_array());
        json_array_append(pieces, piece);
    }
}

/* The pieces behind what the block began with. */
static char *anthropic_kept_joined(const json_t *start, const json_t *pieces)
{
    const json_t *piece;
    char *text = NULL;
    size_t i, len;
    FILE *f = open_memstream(&text, &len);

    fwrite(json_string_value(start), 1, json_string_length(start), f);
    json_array_foreach(pieces, i, piece)
        fwrite(json_string_value(piece), 1, json_string_length(piece), f);
    fclose(f);
    return text;
}

/* A new reference. */
static json_t *anthropic_kept_finished(json_t *entry)
{
    json_t *block = json_incref(json_object_get(entry, "block"));

    for (int i = 0; i < N_PARTS; i++) {
        const json_t *pieces = json_object_get(entry, parts[i].block);
        bool is_json = strcmp(parts[i].block, "input") == 0;
        json_t *value;
        char *text;
        if (!pieces)
            continue;
        text = anthropic_kept_joined(is_json ? NULL : json_object_get(block, parts[i].block), pieces);
        value = is_json ? json_loads(text, 0, NULL) : json_string(text);
        if (is_json && !json_is_object(value)) {
            json_decref(value);
            value = json_pack("{s:s}", "not_json", text);
        }
        json_object_set_new(block, parts[i].block, value);
        free(text);
    }
    return block;
}

/* Thinking that was cut before its signature came cannot be sent, nor can text of
 * blanks. */
static bool anthropic_kept_can_go_back(const json_t *block)
{
    const char *text = json_string_value(json_object_get(block, "text"));

    if (strcmp(anthropic_kept_type_of(block), "thinking") == 0)
        return json_string_length(json_object_get(block, "signature")) > 0;
    if (strcmp(anthropic_kept_type_of(block), "text") == 0)
        return text && text[strspn(text, " \t\r\n")];
    return true;
}

/* Stream or not, blocks are numbered from 0; a gap ends nothing. */
static int anthropic_kept_by_index(const void *a, const void *b)
{
    long x = strtol(*(const char *const *)a, NULL, 10);
    long y = strtol(*(const char *const *)b, NULL, 10);

    return (x > y) - (x < y);
}

void anthropic_kept_settle(struct draft *reply)
{
    size_t n = json_object_size(reply->items), at = 0;
    const char **keys = xcalloc(n + 1, sizeof(*keys)), *key;
    json_t *list = json_array(), *entry;
    bool is_needed = turn_end_of(reply->finish) == TURN_PAUSED;

    json_object_foreach(reply->items, key, entry)
        keys[at++] = key;
    qsort(keys, n, sizeof(*keys), anthropic_kept_by_index);
    for (size_t i = 0; i < n; i++) {
        json_t *block = anthropic_kept_finished(json_object_get(reply->items, keys[i]));
        bool is_plain = strcmp(anthropic_kept_type_of(block), "text") == 0 ||
                        strcmp(anthropic_kept_type_of(block), "tool_use") == 0;

        if (anthropic_kept_can_go_back(block)) {
            is_needed |= !is_plain;
            json_array_append(list, block);
        }
        json_decref(block);
    }
    free(keys);
    json_decref(reply->items);
    reply->items = is_needed && n > 0 ? json_pack("{s:O}", KIND, list) : NULL;
    json_decref(list);
}

/* Are the blocks' calls those of the message, in their order? A call that was dropped (a
 * proxy's repetition) would be one without a result. */
static bool anthropic_kept_fits(const json_t *blocks, const struct message *m)
{
    const json_t *block;
    size_t i;
    int n = 0;

    json_array_foreach(blocks, i, block) {
        const char *id = json_string_value(json_object_get(block, "id"));

        if (strcmp(anthropic_kept_type_of(block), "tool_use") != 0)
            continue;
        if (n >= m->n_calls || !id || strcmp(id, m->calls[n].id) != 0)
            return false;
        n++;
    }
    return n == m->n_calls && json_array_size(blocks) > 0;
}

bool anthropic_kept_put(json_t *list, const struct message *m)
{
    const json_t *blocks = json_object_get(m->extra, KIND);
    json_t *block;
    size_t i;

    if (!json_is_array(blocks) || !anthropic_kept_fits(blocks, m))
        return false;
    json_array_foreach(blocks, i, block)
        json_array_append_new(list, json_copy(block)); /* a mark of the cache is not kept */
    return true;
}
