/* option.h - the options of a command as a table: parse.c makes popt's, help, man page
 * and completion of it. */
#ifndef RATCHET_RUNNER_CMD_OPTION_H
#define RATCHET_RUNNER_CMD_OPTION_H

#include <stddef.h>

/* One option of a command: what help tells of it, and which member of the command's state
 * takes its value. A table ends with { 0 }; a row with a group stands for the group's
 * rows, whose members are those of struct setup. */
struct option {
    const char *name;
    char letter; /* 0: none */
    enum option_kind {
        OPTION_GROUP,  /* of `group` */
        OPTION_FLAG,   /* int, 1 when it is there */
        OPTION_TEXT,   /* char *, NULL when it is not */
        OPTION_LIST,   /* char **, NULL-terminated; NULL when it is not there */
        OPTION_INT,    /* int */
        OPTION_PLACE,  /* long; negative: from the end */
        OPTION_COUNT,  /* long long */
        OPTION_AMOUNT, /* double, finite */
        OPTION_SEED,   /* uint64_t, 0 when it is not there */
    } kind;
    size_t at;         /* bytes into the state */
    const char *value; /* what stands for its value in help; NULL: a flag */
    const char *about;
    double least, most; /* numbers; most 0: no bound */
    const struct option *group;
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
#define SEED_IN(type, member) OPTION_IN(type, member, OPTION_SEED, uint64_t)
#define GROUP_OF(table) { .kind = OPTION_GROUP, .group = table }

/* Groups, of struct setup. */
extern const struct option option_set[], option_plugin[], option_json[], options_jobs[],
    options_engine[], options_common[]; /* the last: set, plugin, json */

#endif
