/* say.c - the door to the terminal: printf whose %s cannot leave its line. */
#include "base/say.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The formats are taken apart here, so the compiler sees none; it checks our callers'. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* A va_list that functions can hand on and go on with. */
struct arguments {
    va_list list;
};

/* One conversion, "%-*.3lld": as it stands, its numbers filled in. */
struct conversion {
    char text[64];
    int width, precision; /* -1: none */
    bool is_left;
    int n_long; /* 1: l, z, j, t; 2: ll */
};

static void say_put_text(FILE *f, const struct conversion *c, const char *text)
{
    size_t len, most = c->precision < 0 ? SIZE_MAX : (size_t)c->precision;
    char *clean;
    int room;

    if (!text)
        text = "(null)";
    len = strnlen(text, most);
    if (len == most)
        len = text_whole(text, len);
    clean = text_clean(text, len, len, false);
    room = c->width - text_columns(clean);
    fprintf(f, "%*s%s%*s", !c->is_left && room > 0 ? room : 0, "", clean,
            c->is_left && room > 0 ? room : 0, "");
    free(clean);
}

static void put_whole(FILE *f, struct conversion *c, struct arguments *a)
{
    if (c->n_long == 2)
        fprintf(f, c->text, va_arg(a->list, long long));
    else if (c->n_long == 1)
        fprintf(f, c->text, va_arg(a->list, long));
    else
        fprintf(f, c->text, va_arg(a->list, int));
}

/* A number of the conversion, which may stand among the arguments. */
static const char *say_take_number(const char *at, int *number, struct arguments *a)
{
    if (*at == '*') {
        *number = va_arg(a->list, int);
        return at + 1;
    }
    for (*number = 0; *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (*at - '0');
    return at;
}

/* Reads the conversion at the '%' and prints its argument; returns what stands behind. */
static const char *put_conversion(FILE *f, const char *at, struct arguments *a)
{
    struct conversion c = { .precision = -1 };
    size_t n_flags = strspn(++at, "-+ #0");
    const char *flags = at, *lengths;
    char precision[16] = "";

    at = say_take_number(at + n_flags, &c.width, a);
    if (*at == '.') {
        at = say_take_number(at + 1, &c.precision, a);
        if (c.precision >= 0)
            snprintf(precision, sizeof(precision), ".%d", c.precision);
    }
    c.is_left = memchr(flags, '-', n_flags) || c.width < 0;
    c.width = abs(c.width);
    for (lengths = at; strchr("hlLzjt", *at) && *at; at++)
        c.n_long += *at != 'h' && *at != 'L';
    snprintf(c.text, sizeof(c.text), "%%%.*s%s%.0d%s%.*s", (int)n_flags, flags,
             c.is_left ? "-" : "", c.width, precision, (int)(at - lengths) + 1, lengths);
    switch (*at) {
    case 's':
        say_put_text(f, &c, va_arg(a->list, const char *));
        break;
    case 'c':
        say_put_text(f, &c, (char[]){ (char)va_arg(a->list, int), '\0' });
        break;
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        put_whole(f, &c, a);
        break;
    case '%':
        fputc('%', f);
        break;
    default: /* the letters of doubles */
        fprintf(f, c.text, va_arg(a->list, double));
    }
    return at + (*at != '\0');
}

void say_list(FILE *f, const char *format, va_list args)
{
    struct arguments a;

    va_copy(a.list, args);
    while (*format) {
        size_t len = strcspn(format, "%");
        fwrite(format, 1, len, f);
        format += len;
        if (*format)
            format = put_conversion(f, format, &a);
    }
    va_end(a.list);
}

void say_to(FILE *f, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_list(f, format, args);
    va_end(args);
}

void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_list(stdout, format, args);
    va_end(args);
}

void say_lines(FILE *f, const char *text)
{
    size_t len = strlen(text);
    char *clean = text_clean(text, len, len, true);

    fputs(clean, f);
    free(clean);
}

int say_json(FILE *f, const json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags), *clean = text ? text_escape_json(text) : NULL;
    int status = clean && fputs(clean, f) >= 0 && fputc('\n', f) != EOF ? 0 : -1;

    free(text);
    free(clean);
    return status;
}

int say_result(json_t *json)
{
    int status = say_json(stdout, json, JSON_INDENT(2));

    json_decref(json);
    return status;
}
