/* number.h - numbers that were typed or stand in a file: the whole text is one, in decimal
 * digits, finite and in range, or it is none.
 *
 * What reads numbers of users and of foreign text passes here: the C library's readers take
 * "nan", "inf", " 7", "0x10", "3abc" and what overflows. */
#ifndef RATCHET_BASE_NUMBER_H
#define RATCHET_BASE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* False: the text is no such number, and *out is as it was. */
bool number_read(const char *text, double *out);
bool number_read_whole(const char *text, int64_t min, int64_t max, int64_t *out);
bool number_read_unsigned(const char *text, uint64_t *out);

#endif
