/* sse.c - server-sent events (WHATWG HTML, 9.2.6), taken from bytes that come in pieces.
 *
 * Bytes are gathered into lines and lines into events, so where a piece is cut, inside a
 * character or an escape or between CR and LF, makes no difference. */
#include "runner/model/wire/sse.h"

#include <string.h>

void sse_init(struct sse *s, size_t max, sse_event_fn *on_event, void *user)
{
    memset(s, 0, sizeof(*s));
    s->line.most = s->data.most = max;
    s->on_event = on_event;
    s->user = user;
}

void sse_clear(struct sse *s)
{
    buffer_clear(&s->line);
    buffer_clear(&s->data);
    memset(s, 0, sizeof(*s));
}

static int dispatch(struct sse *s)
{
    int result = 0;

    if (s->has_data)
        result = s->on_event(s->user, s->name, (char *)s->data.data, s->data.len);
    s->has_data = false;
    s->data.len = 0;
    s->name[0] = '\0';
    return result;
}

static int sse_take_line(struct sse *s)
{
    const char *line = s->line.data ? (char *)s->line.data : "", *value;
    size_t len = s->line.len, name_len = strcspn(line, ":");
    int result = 0;

    s->line.len = 0;
    if (len == 0)
        return dispatch(s);
    value = line + name_len + (name_len < len);
    value += *value == ' ';
    if (name_len == 4 && strncmp(line, "data", 4) == 0) {
        if ((s->has_data && buffer_add(&s->data, "\n", 1) != 0) ||
            buffer_add(&s->data, value, len - (size_t)(value - line)) != 0)
            result = SSE_TOO_LONG;
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
        result = buffer_add(&s->line, at, n) == 0 ? 0 : SSE_TOO_LONG;
        at += n;
        if (at == end || result != 0)
            break;
        if (!s->is_begun && s->line.len >= 3 &&
            memcmp(s->line.data, "\xef\xbb\xbf", 3) == 0)
            buffer_drop(&s->line, 3); /* a byte order mark */
        s->is_begun = true;
        s->was_cr = *at++ == '\r';
        result = sse_take_line(s);
    }
    return result;
}

int sse_end(struct sse *s)
{
    int result = s->line.len > 0 ? sse_take_line(s) : 0;

    return result == 0 ? dispatch(s) : result;
}
