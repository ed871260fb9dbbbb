/* table.h - the environments that this program knows, and plug-ins that add to them. */
#ifndef RATCHET_ENVS_TABLE_H
#define RATCHET_ENVS_TABLE_H

#include "base/error.h"
#include "envs/env.h"

struct json_t;

/* Built-in environments in order, NULL at the end. Constant. */
extern const struct env *const env_table[];

/* Environments that are found by name when they are asked for: those of a bridge. */
struct env_finder {
    /* NULL with err empty: no name of this kind; NULL with a reason: it is, but cannot be
     * had. What is found lives until clear. */
    const struct env *(*find)(const char *name, struct error *err);
    /* Calls each for the names that are known without asking anybody. */
    void (*list)(void (*each)(void *user, const char *name, const char *about),
                 void *user);
    void (*clear)(void);

    /* The programs that they need, made for this user. Where they are or would be; the
     * caller frees it. */
    char *(*home)(void);
    int (*install)(struct error *err);
    /* The versions that work there, the caller's; NULL with the remedy. */
    struct json_t *(*check)(struct error *err);
    int (*remove)(struct error *err); /* 0, too, when there is nothing */
};

/* The environments that commands can name: the table, what plug-ins brought, and what the
 * finder finds. */
struct env_registry {
    const struct env **list; /* n of them; the registry owns the array, not the entries */
    int n;
    const struct env_finder *finder; /* set by the program, not the worker; may be NULL */
};

void env_registry_init(struct env_registry *r);
void env_registry_clear(struct env_registry *r); /* plug-ins stay loaded */

/* Loads a shared object and adds its environments. A plug-in is native code and trusted
 * like this program itself. Fails when the file cannot be loaded, exports no
 * ratchet_envs, was built for another env.h, or names an environment that is already
 * there. */
int env_registry_load(struct env_registry *r, const char *path, struct error *err);

/* NULL, with the known names in err, when there is none of that name. */
const struct env *env_find(const struct env_registry *r, const char *name,
                           struct error *err);

/* Whether the environment of that name runs on libmujoco, whose loading costs a worker
 * some milliseconds: those have a worker program of their own. */
bool env_is_mujoco(const char *name);

/* Creates an instance from "name=value" settings (n of them; the later of two wins);
 * options that are not named keep their defaults. NULL on failure. Free it with
 * env->destroy. */
void *env_create(const struct env *env, const char *const *settings, int n,
                 struct error *err);

/* Why the instance's episode is not one; NULL when all is well. Borrowed until the next
 * reset or load. */
const char *env_failure(const struct env *env, const void *instance);
/* -1 with the reason when it has failed: what was played of its episode is worth nothing,
 * and a reset may bring it back. */
int env_check(const struct env *env, const void *instance, struct error *err);
/* -1, with the reason, when there can be no copies of it to plan with. */
int env_check_copy(const struct env *env, struct error *err);

/* The number of options of env; the index of the one of that name (len bytes), or -1. */
int env_count_options(const struct env *env);
int env_option_index(const struct env *env, const char *name, size_t len);

#endif
