/* text.h - text from outside made fit to be shown and stored. */
#ifndef RATCHET_RUNNER_RECORD_TEXT_H
#define RATCHET_RUNNER_RECORD_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* A copy of at most max bytes that is UTF-8 without control characters: what is not
 * becomes
 * '?', a control character a space; a character is never cut in two. keep_lines keeps
 * line ends and tabs. The caller frees it. */
char *text_clean(const char *text, size_t len, size_t max, bool keep_lines);

bool text_ends_with(const char *text, const char *end);

#endif
