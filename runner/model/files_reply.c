/* files_reply.c - tool calls in a reply that somebody wrote as text. */
#include "runner/model/files_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "runner/policy/fence.h"

#define MOST_BLOCKS 64
#define CALLS "calls"

/* A fenced block: lines from `from` to before `to`, the fences among them. */
struct files_block {
    size_t from, to;
    char *text; /* what stands between the fences; owned */
    bool is_calls, is_used;
};

/* NULL-free: the blocks in order, n of them; -1: one is not closed, or there are too
 * many. */
static int files_blocks(const char *text, struct files_block list[MOST_BLOCKS], int *n,
                        struct error *err)
{
    const char *line = text, *inside = NULL;
    struct fence fence;

    *n = 0;
    for (; *line; line = text_next_line(line)) {
        struct files_block *b = &list[*n];
        if (inside && fence_closes(line, &fence)) {
            b->to = (size_t)(text_next_line(line) - text);
            b->text = xasprintf("%.*s", (int)(line - inside), inside);
            ++*n;
            inside = NULL;
        } else if (!inside && fence_opens(line, &fence)) {
            if (*n == MOST_BLOCKS)
                return error_set(err, "more than %d fenced blocks", MOST_BLOCKS);
            *b = (struct files_block){ .from = (size_t)(line - text),
                                       .is_calls = fence.info_len == strlen(CALLS) &&
                                                   !memcmp(fence.info, CALLS,
                                                           strlen(CALLS)) };
            inside = text_next_line(line);
        }
    }
    return inside ? error_set(err, "a fenced block is not closed") : 0;
}

/* The N-th block that holds no calls, from 1; NULL: there is none. */
static struct files_block *files_block_get(struct files_block *list, int n, json_int_t at)
{
    for (int i = 0; i < n; i++)
        if (!list[i].is_calls && --at == 0)
            return &list[i];
    return NULL;
}

static int files_reply_fill(json_t *arguments, struct files_block *list, int n,
                            struct error *err)
{
    const char *key;
    json_t *value;
    void *next;

    json_object_foreach_safe(arguments, next, key, value) {
        json_t *number = json_object_get(value, "block");
        struct files_block *b;
        if (!json_is_integer(number) || json_object_size(value) != 1)
            continue;
        b = files_block_get(list, n, json_integer_value(number));
        if (!b)
            return error_set(err, "\"%.60s\": the reply has no fenced block %lld", key,
                             (long long)json_integer_value(number));
        b->is_used = true;
        json_object_set_new(arguments, key, json_string(b->text));
    }
    return 0;
}

static int files_reply_add(struct turn *out, const char *text, struct files_block *list,
                           int n, struct error *err)
{
    json_error_t at;
    json_t *calls = json_loads(text, 0, &at), *call;
    int status = calls ? 0 : -1;
    size_t i;

    if (!calls)
        error_set(err, "its calls, line %d: %.200s", at.line, at.text);
    else if (!json_is_array(calls) || !json_array_size(calls))
        status = error_set(err, "its calls are no list");
    json_array_foreach(calls, i, call) {
        const char *name = json_string_value(json_object_get(call, "name"));
        json_t *arguments = json_object_get(call, "arguments");
        struct tool_call *added;
        if (status != 0)
            break;
        if (!name || (arguments && !json_is_object(arguments))) {
            status = error_set(err, "its call %zu is not {\"name\", \"arguments\"}", i + 1);
            break;
        }
        status = files_reply_fill(arguments, list, n, err);
        added = message_add_call(&out->message, NULL, name);
        added->arguments = arguments ? json_incref(arguments) : json_object();
    }
    json_decref(calls);
    return status;
}

/* The reply without its calls, and without what they took. */
static char *files_reply_rest(const char *text, const struct files_block *list, int n)
{
    char *rest = NULL;
    size_t size, at = 0;
    FILE *f = open_memstream(&rest, &size);

    for (int i = 0; i < n; i++) {
        if (!list[i].is_calls && !list[i].is_used)
            continue;
        fwrite(text + at, 1, list[i].from - at, f);
        at = list[i].to;
    }
    fputs(text + at, f);
    fclose(f);
    return rest;
}

int files_reply_calls(const char *text, struct turn *out, struct error *err)
{
    struct files_block list[MOST_BLOCKS + 1] = { 0 };
    struct error why = { "" };
    int n, found = 0, status = files_blocks(text, list, &n, &why);

    for (int i = 0; i < n; i++)
        found |= list[i].is_calls;
    /* A reply without calls is for the reader of replies, whatever its fences. */
    if (!found)
        status = 0;
    else if (status != 0)
        error_set(err, "%s", why.text);
    for (int i = 0; i < n && found && status == 0; i++)
        if (list[i].is_calls)
            status = files_reply_add(out, list[i].text, list, n, err);
    if (found && status == 0) {
        free(out->message.text);
        out->message.text = files_reply_rest(text, list, n);
    }
    for (int i = 0; i < n; i++)
        free(list[i].text);
    return status != 0 ? -1 : found;
}
