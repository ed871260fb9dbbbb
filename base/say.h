/* say.h - the door to the terminal: what programs, models and files have written goes
 * through here and nowhere else.
 *
 * In a format each %s is one line of somebody else's text: it loses line ends, escape
 * sequences and everything else that text_clean takes out. So nothing that is printed can
 * move the cursor, forge a line of ours or turn the text round. */
#ifndef RATCHET_BASE_SAY_H
#define RATCHET_BASE_SAY_H

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>

/* As printf and fprintf, but for %s, whose width and precision count as above: columns
 * and bytes. There is no %n, no wide text and no numbered argument. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_to(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void say_list(FILE *f, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Text of several lines, whose line ends and tabs stay: a program, a difference, a
 * report. */
void say_lines(FILE *f, const char *text);

/* With jansson's flags, and a line end. -1 when it cannot be written. */
int say_json(FILE *f, const json_t *json, size_t flags);
/* A command's result on stdout; releases it. -1 when stdout cannot be written. */
int say_result(json_t *json);

#endif
