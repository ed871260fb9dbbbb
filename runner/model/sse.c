/* sse.c - server-sent events (WHATWG HTML, 9.2.6), taken from bytes that come in pieces.
 *
 * Bytes are gathered into lines and lines into events, so where a piece is cut, inside a
 * character or an escape or between CR and LF, makes no difference. */
#include "runner/model/sse.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void sse_init(struct sse *s, size_t max, sse_event_fn *on_event, void *user)
{
    memset(s, 0, sizeof(*s));
    s->max = max;
    s->on_event = on_event;
    s->user = user;
}

void sse_clear(struct sse *s)
{
    free(s->line);
    free(s->data);
    memset(s, 0, sizeof(*s));
}

/* Appends, with a NUL behind. */
static int append(struct sse *s, char **to, size_t *at, size_t *room, const char *bytes,
                  size_t len)
{
    if (len > s->max || *at > s->max - len)
        return SSE_TOO_LONG;
    if (*at + len + 1 > *room) {
        *room = 2 * (*at + len + 1);
        *to = xrealloc(*to, *room);
    }
    if (len > 0)
        memcpy(*to + *at, bytes, len);
    *at += len;
    (*to)[*at] = '\0';
    return 0;
}

static int dispatch(struct sse *s)
{
    int result = 0;

    if (s->has_data)
        result = s->on_event(s->user, s->name, s->data, s->data_len);
    s->has_data = false;
    s->data_len = 0;
    s->name[0] = '\0';
    return result;
}

static int take_line(struct sse *s)
{
    const char *line = s->line ? s->line : "", *value;
    size_t len = s->line_len, name_len = strcspn(line, ":");
    int result = 0;

    s->line_len = 0;
    if (len == 0)
        return dispatch(s);
    value = line + name_len + (name_len < len);
    value += *value == ' ';
    if (name_len == 4 && strncmp(line, "data", 4) == 0) {
        if (s->has_data)
            result = append(s, &s->data, &s->data_len, &s->data_room, "\n", 1);
        if (result == 0)
            result = append(s, &s->data, &s->data_len, &s->data_room, value,
                            len - (size_t)(value - line));
        s->has_data = true;
    } else if (name_len == 5 && strncmp(line, "event", 5) == 0) {
        strncat(memset(s->name, 0, sizeof(s->name)), value, sizeof(s->name) - 1);
    }
    return result;
}

int sse_feed(struct sse *s, const char *bytes, size_t len)
{
    const char *at = bytes, *end = bytes + len;
    int result = 0;

    while (at < end && result == 0) {
        size_t n = 0;

        if (s->was_cr && *at == '\n') {
            s->was_cr = false;
            at++;
            continue;
        }
        s->was_cr = false;
        while (at + n < end && at[n] != '\r' && at[n] != '\n')
            n++;
        result = append(s, &s->line, &s->line_len, &s->line_room, at, n);
        at += n;
        if (at == end || result != 0)
            break;
        if (!s->is_begun && s->line_len >= 3 && memcmp(s->line, "\xef\xbb\xbf", 3) == 0) {
            s->line_len -= 3; /* a byte order mark */
            memmove(s->line, s->line + 3, s->line_len + 1);
        }
        s->is_begun = true;
        s->was_cr = *at++ == '\r';
        result = take_line(s);
    }
    return result;
}

int sse_end(struct sse *s)
{
    int result = s->line_len > 0 ? take_line(s) : 0;

    return result == 0 ? dispatch(s) : result;
}
