/* number.c - numbers that were typed or stand in a file. */
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* Only of these characters, a digit among them: neither blanks nor words nor hexadecimal. */
static bool is_made_of(const char *text, const char *characters)
{
    return !text[strspn(text, characters)] && strpbrk(text, DIGITS);
}

bool number_read(const char *text, double *out)
{
    char *end;
    double value;

    if (!is_made_of(text, DIGITS "+-.eE") || text[0] == '+')
        return false;
    value = strtod(text, &end);
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool number_read_whole(const char *text, int64_t min, int64_t max, int64_t *out)
{
    char *end;
    long long value;

    if (!is_made_of(text, DIGITS "-"))
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (*end || errno || value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool number_read_unsigned(const char *text, uint64_t *out)
{
    unsigned long long value;

    if (!is_made_of(text, DIGITS))
        return false;
    errno = 0;
    value = strtoull(text, NULL, 10);
    if (errno)
        return false;
    *out = value;
    return true;
}
