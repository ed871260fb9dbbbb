/* task_keys.h - what task.c, task_keys.c and task_json.c share. */
#ifndef RATCHET_RUNNER_RECORD_TASK_KEYS_H
#define RATCHET_RUNNER_RECORD_TASK_KEYS_H

#include "runner/record/task.h"

/* A key that is a number. */
struct task_key {
    const char *section, *name; /* section: "" for the top level */
    enum { TASK_INT32, TASK_INT64, TASK_DOUBLE } kind;
    size_t offset; /* in struct task */
    double min, max;
    const char *help;
};

extern const struct task_key task_keys[];
extern const size_t n_task_keys;

const struct task_key *task_find_key(const char *name, size_t len); /* NULL: none */
double task_get_number(const struct task *t, const struct task_key *k);
/* The setters give -1 with `where` in the error when a value is not allowed. */
int task_set_number(struct task *t, const struct task_key *k, double v, const char *where,
                    struct error *err);

/* A key that is text, as `--set` has it: its index, -1: none. */
int task_find_text(const char *name, size_t len);
int task_set_text(struct task *t, int key, const char *value, const char *where,
                  struct error *err);

/* A policy that plans thinks longer: the limits that are still the defaults grow with
 * it. */
void task_set_plan(struct task *t, bool plan);
/* The environment's option of that name: a later value takes the earlier one's place. */
void task_set_option(struct task *t, const char *name, size_t len, const char *value);
int task_add_field(struct task *t, const char *name, size_t len, const char *where,
                   struct error *err);
void task_clear_fields(struct task *t);

#endif
