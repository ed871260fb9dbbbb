/* mcp_id.c - the id of a message that is too long to be read.
 *
 * Its sender waits for an answer to that id, which may stand before or behind the rest. So the
 * bytes are looked through as they are dropped: strings and depth are all that is told apart. */
#include "runner/agent/mcp_id.h"

#include <string.h>

static void mcp_id_keep(struct mcp_id *s, char c)
{
    if (s->n < MCP_MOST_ID)
        s->text[s->n] = c;
    s->n += s->n <= MCP_MOST_ID;
}

/* The key, or the value of "id", is whole. */
static void mcp_id_whole(struct mcp_id *s)
{
    json_t *json;

    if (s->is_value && s->is_id && s->n <= MCP_MOST_ID) {
        json = json_loadb(s->text, s->n, JSON_DECODE_ANY, NULL);
        if (json_is_string(json) || json_is_integer(json)) {
            json_decref(s->found);
            s->found = json_incref(json);
        }
        json_decref(json);
    }
    s->n = 0;
}

static void mcp_id_mark(struct mcp_id *s, char c)
{
    bool is_top = s->depth == 1;

    if (is_top && c == ':' && !s->is_value) {
        s->is_id = s->n == 4 && !memcmp(s->text, "\"id\"", 4);
        s->is_value = true;
        s->n = 0;
    } else if (is_top && (c == ',' || c == '}')) {
        mcp_id_whole(s);
        s->is_value = false;
        s->depth -= c == '}';
    } else if (strchr("{[", c)) {
        s->depth++;
    } else if (strchr("}]", c)) {
        s->depth--;
    } else if (is_top && !strchr(" \t\r", c)) {
        mcp_id_keep(s, c);
    }
}

void mcp_id_take(struct mcp_id *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        bool is_string = s->in_string;
        if (c == '\0')
            continue;
        if (s->is_escaped)
            s->is_escaped = false;
        else if (s->in_string && c == '\\')
            s->is_escaped = true;
        else if (c == '"')
            s->in_string = !s->in_string;
        if (!is_string && !s->in_string)
            mcp_id_mark(s, c);
        else if (s->depth == 1 && (!s->is_value || s->is_id))
            mcp_id_keep(s, c);
    }
}

json_t *mcp_id_end(struct mcp_id *s)
{
    json_t *found = s->found;

    *s = (struct mcp_id){ 0 };
    return found;
}
