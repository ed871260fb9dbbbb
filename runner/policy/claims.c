/* claims.c - scores that a model's words claim: a verb of measuring, and soon behind it a
 * number that can be a score. */
#include "runner/policy/claims.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REACH 40       /* bytes between a claim's verb and its number */
#define MOST_NUMBER 64 /* bytes of one */
#define MINUS "\xe2\x88\x92"
#define DASH "\xe2\x80\x93"
#define ARROW "\xe2\x86\x92"

/* A number of the text. */
struct number {
    double value, rounded; /* rounded: by so much at most */
    const char *end;
    bool is_score; /* by what stands round it, it may be one */
};

static bool is_digit(char c)
{
    return isdigit((unsigned char)c);
}

static bool claims_is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static const char *skip_blanks(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '*' || *at == '`')
        at++;
    return at;
}

static bool starts(const char *at, const char *with, size_t *len)
{
    *len = strlen(with);
    return !strncasecmp(at, with, *len);
}

/* Behind a verb of a claim that begins at `at`, or NULL. */
static const char *behind_verb(const char *at)
{
    static const char *const words[] = { "scores",   "scored",         "score is",
                                         "achieves", "achieved",       "reaches",
                                         "reached",  "measured",       "verified",
                                         "returns",  "mean return is", "mean is" };
    size_t len;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (starts(at, words[i], &len))
            return at + len;
    return NULL;
}

/* What a number counts that is followed so, or preceded: no score. */
static bool is_counted(const char *at)
{
    static const char *const units[] = { "%",         "percent", "per cent", "step",
                                         "seed",      "frame",   "episode",  "time",
                                         "token",     "line",    "case",     "iteration",
                                         "second",    "minute",  "ms",       "pair",
                                         "candidate", "act" };
    size_t len;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (starts(at, units[i], &len) &&
            (!isalpha((unsigned char)at[len]) || at[len] == 's'))
            return true;
    return false;
}

/* Does a word that says what is counted stand right before `at`: "step 40"? */
static bool claims_is_named(const char *begin, const char *at)
{
    while (at > begin && (at[-1] == ' ' || at[-1] == '#'))
        at--;
    while (at > begin && isalpha((unsigned char)at[-1]))
        at--;
    return is_counted(at);
}

/* 2026-11-23, 11/23: digits that other digits follow behind a sign of dates. */
static bool is_date(const char *at)
{
    size_t a = strspn(at, "0123456789"), b, c;

    if (at[a] != '-' && at[a] != '/' && at[a] != ':')
        return false;
    b = strspn(at + a + 1, "0123456789");
    c = at[a + 1 + b] == at[a] ? strspn(at + a + b + 2, "0123456789") : 0;
    return b > 0 && (at[a] != '-' || c > 0);
}

/* Digits, with a comma before each three of thousands, a point, an exponent. */
static const char *read_digits(const char *at, char out[MOST_NUMBER], double *rounded)
{
    size_t n = 0;
    char *end;
    bool has_point = false;
    int decimals = 0;

    for (; n < MOST_NUMBER - 8; at++) {
        if (is_digit(*at)) {
            out[n++] = *at;
            decimals += has_point;
        } else if (*at == '.' && !has_point && is_digit(at[1])) {
            out[n++] = '.';
            has_point = true;
        } else if (!(*at == ',' && !has_point && n && is_digit(at[1]) &&
                     is_digit(at[2]) && is_digit(at[3]) && !is_digit(at[4]))) {
            break;
        }
    }
    out[n] = '\0';
    if (is_digit(*at) && !has_point)
        strcpy(out, "1e300"); /* more than any score */
    at += strspn(at, "0123456789");
    n = strlen(out);
    *rounded = 0.5 * pow(10, -decimals);
    if ((*at == 'e' || *at == 'E') &&
        is_digit(at[at[1] == '-' || at[1] == '+' ? 2 : 1])) {
        double power = strtod(at + 1, &end);
        out[n++] = 'e';
        for (at++; at < end && n < MOST_NUMBER - 1; at++)
            out[n++] = *at;
        out[n] = '\0';
        *rounded *= pow(10, power);
    } else if (*at == 'k' && !claims_is_word(at[1])) {
        strcpy(out + n, "e3");
        *rounded *= 1000;
        at++;
    }
    return at;
}

/* The number whose first digit is at `at`. */
static struct number claims_read_number(const char *begin, const char *at)
{
    struct number out = { .is_score = true };
    const char *sign = at, *behind;
    char text[MOST_NUMBER];

    if (at > begin && at[-1] == '.')
        sign = --at; /* ".5" */
    if (sign > begin && sign[-1] == '-')
        sign--;
    else if (sign - begin >= 3 && !strncmp(sign - 3, MINUS, 3))
        sign -= 3;
    if (sign > begin && (claims_is_word(sign[-1]) || (sign[-1] == '.' && sign < at)))
        out.is_score = false; /* a part of a name: case-001, v2 */
    if (*at == '.') {
        text[0] = '0';
        text[1] = '\0';
        out.rounded = 0.5;
        out.value = strtod(at, (char **)&out.end);
    } else {
        out.end = read_digits(at, text, &out.rounded);
        out.value = strtod(text, NULL);
    }
    if (sign < at)
        out.value = -out.value;
    behind = skip_blanks(out.end);
    if (claims_is_word(*out.end) || is_counted(behind) || claims_is_named(begin, sign))
        out.is_score = false;
    if (is_date(at)) {
        out.end += strspn(out.end, "0123456789-/:");
        out.is_score = false;
    }
    return out;
}

/* The first number soon behind `at`, in the same sentence; its end is NULL when there is
 * none. */
static struct number claims_next_number(const char *begin, const char *at, int reach)
{
    for (const char *stop = at + reach; at < stop && *at && *at != '\n'; at++) {
        if (is_digit(*at))
            return claims_read_number(begin, at);
        if (*at == '.' && !is_digit(at[1]))
            break;
    }
    return (struct number){ .end = NULL };
}

/* Behind what stands between the two numbers of "9 to 500", "10-20", "-98 -> -50"; NULL.
 */
static const char *behind_range(const char *at, bool *is_arrow)
{
    static const char *const signs[] = {
        "->", "=>", ARROW, "to ", "and ", DASH, "-", ".."
    };
    size_t len;

    at = skip_blanks(at);
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (starts(at, signs[i], &len)) {
            *is_arrow = i < 4;
            return skip_blanks(at + len);
        }
    return NULL;
}

/* Of the numbers of a range, what is claimed: where an arrow leads, else the greater. */
static struct number last_of_range(struct number n)
{
    bool is_arrow;
    const char *at = behind_range(n.end, &is_arrow);
    struct number second;

    if (!at)
        return n;
    second = claims_next_number(at, at, 5); /* on its own: the dash of 10-20 is no sign */
    if (!second.end)
        return n;
    if (!is_arrow && n.value > second.value)
        second.value = n.value;
    second.is_score &= n.is_score;
    return second;
}

/* What is claimed behind the verb; false: no score is. */
static bool claims_read_claim(const char *begin, const char *at, struct number *out)
{
    const char *stop = at + strnlen(at, REACH);

    do {
        *out = claims_next_number(begin, at, (int)(stop - at));
        if (!out->end)
            return false;
        *out = last_of_range(*out);
        at = out->end;
    } while (!out->is_score && at < stop);
    return out->is_score;
}

const char *claims_find(const char *prose, double most, double *claim)
{
    for (const char *at = prose; *at; at++) {
        const char *end = at > prose && claims_is_word(at[-1]) ? NULL : behind_verb(at);
        struct number n;
        if (!end || !claims_read_claim(prose, end, &n) || !(n.value - n.rounded > most))
            continue;
        *claim = n.value;
        return at;
    }
    return NULL;
}
