/* reply_parts.h - a model's text cut into what it consists of: prose, fenced blocks,
 * SEARCH/REPLACE edits, diffs. */
#ifndef RATCHET_RUNNER_POLICY_REPLY_PARTS_H
#define RATCHET_RUNNER_POLICY_REPLY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/policy/lua_shape.h"

enum part_kind {
    PART_PROSE,
    PART_BLOCK,
    PART_EDIT,
    PART_DIFF,
    PART_SWAP /* an edit out of a tool call that was written as text */
};

/* Owns its text. */
struct reply_part {
    enum part_kind kind;
    char *text;  /* without the fence or the markers, and without their indentation; of an
                    edit the lines between SEARCH and REPLACE; of a swap what is
                    searched */
    char *with;  /* swap: what takes its place */
    char *info;  /* block: what stands behind its fence; "" where there is none */
    bool is_lua; /* block: marked so */
    bool is_cut;              /* the text ends before it does */
    int least_equals;         /* edit: how many = make its divider */
    enum lua_returns returns; /* block: as mended, when it is a whole chunk; else NONE */
};

struct reply_parts {
    struct reply_part *list;
    int n;
    char thought[24]; /* the tag of reasoning that does not end; "" mostly */
    char tool[40];    /* a tool that a call in text names; "" mostly */
    bool is_too_long; /* nobody writes so much or so many: the rest is not read */
    bool has_stray;   /* a REPLACE marker without a SEARCH before it */
};

/* Reasoning (<think> and its like) is taken off, whether it is closed or not. */
void reply_parts_read(const char *text, struct reply_parts *out);
/* Looks into prose and into blocks that are no Lua for programs and edits in JSON or XML,
 * and adds them as parts. A tool that such a call names goes into p->tool. */
void reply_parts_unwrap(struct reply_parts *p);
void reply_parts_clear(struct reply_parts *p);

struct reply_part *reply_parts_add(struct reply_parts *p, enum part_kind kind,
                                   char *text);
/* How much of a policy a text is, once it is mended. Behind its return statement, where
 * only what is no Lua follows, is *end; 0: that is not so. */
enum lua_returns reply_returns(const char *text, size_t *end);

enum marker { MARKER_NONE, MARKER_SEARCH, MARKER_DIVIDER, MARKER_REPLACE };
/* What a line is of an edit; *n says how many signs it has, where that is not NULL. */
enum marker reply_marker(const char *line, int *n);

/* Does a unified diff, or a patch as coding agents write it, begin with this line? */
bool reply_is_diff(const char *line);

#endif
