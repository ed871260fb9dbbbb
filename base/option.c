/* option.c - tables of options: walked through, and as words of a command line. */
#include "base/option.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static bool option_is_named(const char *only, const char *name)
{
    size_t len = strlen(name);
    const char *at = only;

    while (at && (at = strstr(at, name))) {
        if ((at == only || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
        at += len;
    }
    return !only;
}

static void option_walk_only(const struct option *o, const char *only, void *state,
                             void *setup,
                             void (*each)(void *user, const struct option *o, void *member),
                             void *user)
{
    for (; o && (o->name || o->group); o++) {
        if (o->kind == OPTION_SETUP)
            option_walk_only(o->group, NULL, setup, setup, each, user);
        else if (o->kind == OPTION_PART)
            option_walk_only(o->group, o->only, (char *)state + o->at, setup, each, user);
        else if (option_is_named(only, o->name))
            each(user, o, (char *)state + o->at);
    }
}

void option_walk(const struct option *table, void *state, void *setup,
                 void (*each)(void *user, const struct option *o, void *member), void *user)
{
    option_walk_only(table, NULL, state, setup, each, user);
}

static char *option_number(double value)
{
    return value > 0 ? xasprintf("%.17g", value) : NULL;
}

/* As it would be typed behind its name; NULL: it is not there. */
static char *option_value(const struct option *o, const void *member)
{
    const struct option_seed *seed = member;

    switch (o->kind) {
    case OPTION_TEXT:
        return *(char *const *)member ? xstrdup(*(char *const *)member) : NULL;
    case OPTION_INT:
        return option_number(*(const int *)member);
    case OPTION_COUNT:
        return option_number((double)*(const long long *)member);
    case OPTION_AMOUNT:
        return option_number(*(const double *)member);
    case OPTION_SEED:
        return seed->is_typed ? xasprintf("%llu", (unsigned long long)seed->value) : NULL;
    default:
        return NULL;
    }
}

static void option_word(void *user, const struct option *o, void *member)
{
    struct words *w = user;
    char *name = xasprintf("--%s", o->name), *value = option_value(o, member);

    words_add_option(w, name, value);
    for (char **one = o->kind == OPTION_LIST ? *(char ***)member : NULL; one && *one; one++)
        words_add_option(w, name, *one);
    if (o->kind == OPTION_FLAG && *(int *)member)
        words_add(w, name);
    free(name);
    free(value);
}

void option_words(struct words *w, const struct option *table, const void *state,
                  const void *setup)
{
    option_walk(table, (void *)state, (void *)setup, option_word, w);
}
