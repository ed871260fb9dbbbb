/* option.h - the options of a command as a table: help, man page and completion are made of
 * it (runner/cmd/parse.c), and the words of a command line that says the same. */
#ifndef RATCHET_BASE_OPTION_H
#define RATCHET_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/words.h"

/* One option of a command: what help tells of it, and which member of the command's state
 * takes its value. A table ends with { 0 }. */
struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind {
        OPTION_SETUP,  /* the rows of `group`, whose members are those of struct setup */
        OPTION_PART,   /* rows of `group`: those that `only` names; of a part of the state */
        OPTION_FLAG,   /* int, 1 when it is there */
        OPTION_TEXT,   /* char *, NULL when it is not */
        OPTION_LIST,   /* char **, NULL-terminated; NULL when it is not there */
        OPTION_INT,    /* int */
        OPTION_PLACE,  /* long; negative: from the end */
        OPTION_COUNT,  /* long long */
        OPTION_AMOUNT, /* double, finite */
        OPTION_SEED,   /* struct option_seed */
    } kind;
    size_t at;         /* bytes into the state */
    const char *value; /* what stands for its value in help; NULL: a flag */
    const char *about;
    double least, most; /* numbers; most 0: no bound */
    const struct option *group;
    const char *only; /* names, a space between them; NULL: all */
};

struct option_seed {
    uint64_t value; /* 0 when it is not there */
    bool is_typed;
};

/* The kind of an option and the member that takes it, whose type is checked. */
#define OPTION_IN(type, member, what, c_type)                     \
    .kind = what, .at = offsetof(struct type, member) +           \
                        0 * sizeof((c_type *)0 == &((struct type *)0)->member)
#define FLAG_IN(type, member) OPTION_IN(type, member, OPTION_FLAG, int)
#define TEXT_IN(type, member) OPTION_IN(type, member, OPTION_TEXT, char *)
#define LIST_IN(type, member) OPTION_IN(type, member, OPTION_LIST, char **)
#define INT_IN(type, member) OPTION_IN(type, member, OPTION_INT, int)
#define PLACE_IN(type, member) OPTION_IN(type, member, OPTION_PLACE, long)
#define COUNT_IN(type, member) OPTION_IN(type, member, OPTION_COUNT, long long)
#define AMOUNT_IN(type, member) OPTION_IN(type, member, OPTION_AMOUNT, double)
#define SEED_IN(type, member) OPTION_IN(type, member, OPTION_SEED, struct option_seed)
#define GROUP_OF(table) { .kind = OPTION_SETUP, .group = table }
#define PART_OF(type, member, table, names) \
    { .kind = OPTION_PART, .at = offsetof(struct type, member), .group = table, .only = names }

/* Calls `each` for every option that a table stands for, groups resolved, with its member of
 * state or setup. */
void option_walk(const struct option *table, void *state, void *setup,
                 void (*each)(void *user, const struct option *o, void *member), void *user);
/* What is there of a table's options, as it would be typed. */
void option_words(struct words *w, const struct option *table, const void *state,
                  const void *setup);

#endif
