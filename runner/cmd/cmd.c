/* cmd.c - what all commands share: their table, tasks from the command line, paths. */
#include "runner/cmd/cmd.h"
#include "base/file.h"
#include "runner/home/opened_run.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define X(name) &cmd_##name,
const struct command *const command_table[] = { COMMANDS(X) NULL };
#undef X

int common_plugins(struct app *app, const struct common *c, struct error *err)
{
    if (c->engine && strcmp(c->engine, "local") && strcmp(c->engine, "slurm"))
        return error_set(err, "--engine %s: local or slurm", c->engine);
    if (c->shards < 0 || c->shards > 10000)
        return error_set(err, "--shards takes 1 to 10000");
    if (c->late < 0)
        return error_set(err, "--late takes a number of seconds");
    for (char **p = c->plugins; p && *p; p++)
        if (env_registry_load(&app->envs, *p, err) != 0)
            return -1;
    return 0;
}

struct task *common_task(struct app *app, const struct common *c, const char *name,
                         struct error *err)
{
    struct task *t;

    if (common_plugins(app, c, err) != 0)
        return NULL;
    t = task_load(&app->envs, name, err);
    for (char **s = c->set; t && s && *s; s++)
        if (task_set(t, *s, err) != 0) {
            task_destroy(t);
            t = NULL;
        }
    if (t && task_check(t, err) != 0) {
        task_destroy(t);
        t = NULL;
    }
    return t;
}

void common_clear(struct common *c)
{
    xfree_list(c->set);
    xfree_list(c->plugins);
    free(c->engine);
    free(c->shared);
    *c = (struct common){ 0 };
}

int common_jobs(const struct common *c)
{
    return c->jobs > 0 ? c->jobs : evaluate_cores();
}

struct evaluation common_evaluation(const struct app *app, struct common *c,
                                    const struct task *task, const struct policy *policy)
{
    struct evaluation e = { .task = task, .policy = *policy, .plugins = c->plugins };

    while (c->plugins && c->plugins[e.n_plugins])
        e.n_plugins++;
    e.n_jobs = common_jobs(c);
    e.is_unjailed = c->unjailed;
    e.interrupted = app->interrupted;
    if (c->engine && !strcmp(c->engine, "slurm")) {
        if (!c->shared)
            c->shared = logs_path("cluster");
        c->cluster = (struct cluster){ .folder = c->shared,
                                       .n_shards = c->shards ? c->shards : 16,
                                       .n_cpus = c->jobs > 0 ? c->jobs : 1,
                                       .late_s = c->late ? c->late : 30 };
        e.cluster = &c->cluster;
    }
    return e;
}

int call_plugins(struct call *c)
{
    return common_plugins(c->app, &c->common, &c->err);
}

int call_task(struct call *c, const char *name)
{
    c->task = common_task(c->app, &c->common, name, &c->err);
    return c->task ? 0 : -1;
}

int call_ledger(struct call *c)
{
    return opened_ledger(c->opened, &c->err);
}

int call_run(struct call *c, const char *name)
{
    return opened_run_find(c->opened, c->app, &c->common, name, &c->err);
}

struct evaluation call_evaluation(struct call *c, const struct policy *policy)
{
    return common_evaluation(c->app, &c->common, c->task, policy);
}

static int open_needs(struct call *c)
{
    unsigned needs = c->command->needs;

    if ((needs & NEEDS_LEDGER) && call_ledger(c) != 0)
        return -1;
    if ((needs & NEEDS_RUN) && call_run(c, c->args[0]) != 0)
        return -1;
    if ((needs & NEEDS_TASK) && c->args[0])
        return call_task(c, c->args[0]);
    return needs & NEEDS_PLUGINS ? call_plugins(c) : 0;
}

int command_run(const struct command *self, struct app *app, int argc, const char **argv)
{
    struct opened_run opened = { .lock = -1, .only_reads = true };
    struct call c;
    int status;

    if (self->run)
        return self->run(self, app, argc, argv);
    if (call_begin(&c, self, app, argc, argv, &status) != 0)
        return status;
    c.opened = &opened;
    status = open_needs(&c) == 0 ? self->exec(&c) : EXIT_FAILED;
    opened_run_clear(&opened);
    task_destroy(c.task);
    return call_end(&c, status);
}

char *logs_path(const char *name)
{
    const char *home = getenv("RATCHET_HOME");

    if (!home || !home[0] || !strcmp(home, "."))
        return xasprintf("logs%s%s", name[0] ? "/" : "", name);
    return xasprintf("%s/logs%s%s", home, name[0] ? "/" : "", name);
}

char *find_shipped(const char *relative)
{
    static const char *const places[] = { "../policies", "../../policies",
                                          "../share/ratchet/policies" };
    char self[PATH_MAX];
    char *slash, *path = xasprintf("policies/%s", relative);

    if (access(path, R_OK) == 0)
        return path;
    free(path);
    file_self(self);
    slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        path = xasprintf("%s/%s/%s", self, places[i], relative);
        if (access(path, R_OK) == 0)
            return path;
        free(path);
    }
    return NULL;
}
