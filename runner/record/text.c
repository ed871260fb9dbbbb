/* text.c - text from outside made fit to be shown and stored. */
#include "runner/record/text.h"

#include <stdint.h>
#include <string.h>

#include "envs/error.h"

/* The bytes of the UTF-8 character at s, of which left > 0 are there; 0 when it is none
 * (the table of well-formed sequences, Unicode 15, table 3-7). */
static size_t character_len(const uint8_t *s, size_t left)
{
    size_t len = s[0] < 0x80   ? 1
                 : s[0] < 0xc2 ? 0
                 : s[0] < 0xe0 ? 2
                 : s[0] < 0xf0 ? 3
                 : s[0] < 0xf5 ? 4
                               : 0;

    if (len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

static bool is_control(const uint8_t *s, size_t len)
{
    return s[0] < 0x20 || s[0] == 0x7f || (len == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

char *text_clean(const char *text, size_t len, size_t max, bool keep_lines)
{
    char *out = xcalloc((len < max ? len : max) + 1, 1);
    size_t n = 0, step;

    for (size_t i = 0; i < len; i += step) {
        const uint8_t *s = (const uint8_t *)text + i;
        const char *from = text + i;
        size_t width = step = character_len(s, len - i);
        if (step == 0) {
            from = "?";
            step = width = 1;
        } else if (is_control(s, step) && !(keep_lines && (*s == '\n' || *s == '\t'))) {
            from = " ";
            width = 1;
        }
        if (n + width > max)
            break;
        memcpy(out + n, from, width);
        n += width;
    }
    return out;
}

bool text_ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len >= n && !strcmp(text + len - n, end);
}
