/* cmd_prune.c - `ratchet prune`: makes room in logs/.
 *
 * Only what can be had again, or what nobody needs to go on, is ever removed, and of it
 * the oldest first: what a finished run told its model and got back (the ledger has the
 * sources), pages, exported replays, old logs. A file that is of no known kind stays. So
 * does everything of a run that is not over, or on which a process works. */
#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/scoped.h"
#include "base/text.h"
#include "runner/cmd/cmd.h"
#include "runner/home/opened_run.h"

/* A run that may lie in logs/. */
struct owner {
    char *folder; /* its real path */
    bool is_open; /* not over, or a process works on it */
};

struct found {
    char *path;
    long long bytes;
    time_t time;
    const char *why; /* it may go, or must stay */
    bool may_go, is_removed;
};

struct prune {
    struct owner *owners;
    int n_owners;
    struct found *files;
    int n_files, room;
    long long bytes;
};

static void prune_clear(struct prune *p)
{
    for (int i = 0; i < p->n_owners; i++)
        free(p->owners[i].folder);
    for (int i = 0; i < p->n_files; i++)
        free(p->files[i].path);
    free(p->owners);
    free(p->files);
}

/* The runs of the ledger whose folders are there. No ledger: none. */
static int find_owners(struct prune *p, struct error *err)
{
    scoped char *path = logs_path("ledger.sqlite");
    char real[PATH_MAX];
    struct ledger *l = NULL;
    struct ledger_runs runs = { 0 };
    int n = 0;

    if (access(path, F_OK) == 0) {
        l = ledger_read(path, err);
        n = l ? ledger_runs(l, &runs, err) : -1;
    }
    p->owners = xcalloc((size_t)runs.n + 1, sizeof(*p->owners));
    for (int i = 0; i < n; i++)
        if (realpath(runs.list[i].folder, real))
            p->owners[p->n_owners++] = (struct owner){
                xstrdup(real),
                runs.list[i].state != RUN_stopped || run_is_locked(real)
            };
    ledger_runs_clear(&runs);
    ledger_close(l);
    return n < 0 ? -1 : 0;
}

static bool prune_is_in(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    return !strncmp(path, folder, len) && path[len] == '/';
}

/* A file of a run; name is its path in the run's folder. */
static void judge_run_file(const struct owner *o, const char *name, struct found *f)
{
    f->why = "not known: it stays";
    if (o->is_open)
        f->why = "of a run that is not over: `improve --resume` may need it";
    else if (!strcmp(name, "salt"))
        f->why = "the hidden seeds come from it";
    else if (!strncmp(name, "cases/", 6))
        f->why = "a regression case";
    else if (!strcmp(name, "best.lua") || !strcmp(name, "best.replay"))
        f->why = "the incumbent";
    else if (!strcmp(name, "lock"))
        f->why = "a lock";
    else if ((f->may_go = !strncmp(name, "candidates/", 11) &&
                          text_ends_with(name, ".lua")))
        f->why = "a candidate: the ledger has its source";
    else if ((f->may_go = !strncmp(name, "briefs/", 7)))
        f->why = "what the model was told in a run that is over";
    else if ((f->may_go = text_ends_with(name, ".replay")))
        f->why =
            "a replay that no case needs: the ledger has the actions of dev episodes";
    else if ((f->may_go = !strcmp(name, "report.html")))
        f->why = "a page: `ratchet report` writes it again";
}

/* A file in logs/ that is of no run; name is its path in logs/. */
static void judge_other(const char *name, struct found *f)
{
    f->why = "not known: it stays";
    if (!strncmp(name, "ledger.sqlite", 13))
        f->why = "the ledger";
    else if (strncmp(name, "nightly/", 8) == 0) {
        const char *own = name + 8;
        if (text_ends_with(own, "/best.lua") || text_ends_with(own, "/policy.sha256"))
            f->why = "the incumbent";
        else if (strstr(own, "/cases/"))
            f->why = "a regression case";
        else if (!strchr(own, '/') && (f->may_go = text_ends_with(own, ".html")))
            f->why = "a night's page: `ratchet report --night` writes it again";
        else if (!strchr(own, '/') && (f->may_go = !strncmp(own, "night.log.", 10)))
            f->why = "an old log";
    } else if ((f->may_go = !strcmp(name, "report.html"))) {
        f->why = "a page: `ratchet report` writes it again";
    }
}

static void prune_judge(const struct prune *p, const char *logs, struct found *f)
{
    const struct owner *of = NULL;

    for (int i = 0; i < p->n_owners; i++)
        if (prune_is_in(f->path, p->owners[i].folder) &&
            (!of || strlen(p->owners[i].folder) > strlen(of->folder)))
            of = &p->owners[i];
    f->may_go = false;
    if (of)
        judge_run_file(of, f->path + strlen(of->folder) + 1, f);
    else
        judge_other(f->path + strlen(logs) + 1, f);
}

static int by_age(const void *a, const void *b)
{
    const struct found *x = a, *y = b;

    return x->time != y->time ? (x->time > y->time) - (x->time < y->time)
                              : strcmp(x->path, y->path);
}

/* All regular files under logs/; links are neither followed nor touched. */
static int find_files(struct prune *p, char *logs, struct error *err)
{
    char *const roots[] = { logs, NULL };
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    const FTSENT *at;

    if (!tree)
        return error_set(err, "%s: cannot be read: %s", logs, strerror(errno));
    while ((at = fts_read(tree))) {
        struct found *f;
        if (at->fts_info != FTS_F)
            continue;
        if (p->n_files == p->room) {
            p->room = p->room * 2 + 64;
            p->files = xrealloc(p->files, sizeof(*p->files) * (size_t)p->room);
        }
        f = &p->files[p->n_files++];
        *f = (struct found){ .path = xstrdup(at->fts_path),
                             .bytes = at->fts_statp->st_size,
                             .time = at->fts_statp->st_mtime };
        p->bytes += f->bytes;
        prune_judge(p, logs, f);
    }
    fts_close(tree);
    if (p->n_files)
        qsort(p->files, (size_t)p->n_files, sizeof(*p->files), by_age);
    return 0;
}

/* The oldest of what may go, until the rest is small enough. */
static int remove_files(struct prune *p, long long most, bool is_dry, long long *freed,
                        struct error *err)
{
    *freed = 0;
    for (int i = 0; i < p->n_files && p->bytes - *freed > most; i++) {
        struct found *f = &p->files[i];
        if (!f->may_go)
            continue;
        if (!is_dry && unlink(f->path) != 0 && errno != ENOENT)
            return error_set(err, "%s: cannot be removed: %s", f->path, strerror(errno));
        f->is_removed = true;
        *freed += f->bytes;
    }
    return 0;
}

static json_t *prune_to_json(const struct prune *p, long long freed, bool is_dry)
{
    json_t *removed = json_array(), *kept = json_array();

    for (int i = 0; i < p->n_files; i++) {
        const struct found *f = &p->files[i];
        json_array_append_new(f->is_removed ? removed : kept,
                              json_pack("{s:o, s:I, s:s, s:b}", "file", json_path(f->path), "bytes",
                                        (json_int_t)f->bytes, "why", f->why, "may_go",
                                        (int)f->may_go));
    }
    return json_pack("{s:b, s:I, s:I, s:o, s:o}", "dry_run", (int)is_dry, "bytes",
                     (json_int_t)p->bytes, "freed", (json_int_t)freed, "removed", removed,
                     "kept", kept);
}

static void prune_print(const struct prune *p, long long freed, long long most,
                        bool is_dry)
{
    for (int i = 0; i < p->n_files; i++) {
        const struct found *f = &p->files[i];
        if (is_dry || f->is_removed)
            say("%-6s %10lld  %s  (%s)\n",
                f->is_removed ? is_dry ? "would" : "gone" : "keep", f->bytes, f->path,
                f->why);
    }
    say("%.1f MiB in logs/, %.1f MiB %s\n", (double)p->bytes / 1048576,
        (double)freed / 1048576, is_dry ? "would be removed" : "removed");
    if (p->bytes - freed > most)
        say("more than the %.1f MiB that were asked for: the rest is needed\n",
            (double)most / 1048576);
}

static int prune_prune(double mib, bool is_dry, bool as_json, struct error *err)
{
    scoped char *name = logs_path("");
    char logs[PATH_MAX];
    struct prune p = { 0 };
    long long freed = 0;
    int status = -1;

    if (!realpath(name, logs))
        error_set(err, "%s: %s", name, strerror(errno));
    else if (find_owners(&p, err) == 0 && find_files(&p, logs, err) == 0)
        status = remove_files(&p, (long long)(mib * 1048576), is_dry, &freed, err);
    if (status == 0 && as_json)
        say_result(prune_to_json(&p, freed, is_dry));
    else if (status == 0)
        prune_print(&p, freed, (long long)(mib * 1048576), is_dry);
    prune_clear(&p);
    return status;
}

struct prune_options {
    int is_dry;
    double mib;
};

/* clang-format off */
static const struct option options[] = {
    { "dry-run", '\0', FLAG_IN(prune_options, is_dry), NULL,
      "say what would go and what stays, and why" },
    { "mib", '\0', AMOUNT_IN(prune_options, mib), "N",
      "stop when logs/ has no more than this (default: 0, remove all that may go)", 0, 1e9 },
    GROUP_OF(option_json),
    { 0 },
};
/* clang-format on */

static int exec_prune(struct call *c)
{
    const struct prune_options *o = c->state;

    return prune_prune(o->mib, o->is_dry, c->setup.json, &c->err) == 0 ? cmd_done()
                                                                       : EXIT_FAILED;
}

const struct command cmd_prune = {
    .name = "prune",
    .args = "",
    .about = "remove files from logs/ that can be made again, the oldest first",
    .details =
        "Candidates whose source the ledger has, briefs of runs that are over, replays, pages, old\n"
        "logs. Never what a case, an incumbent or the ledger needs, never a run that is not over,\n"
        "never a file of an unknown kind. --dry-run says what would happen to each "
        "file, and why.",
    .example = "ratchet prune --dry-run\nratchet prune --mib 500",
    .options = options,
    .size = sizeof(struct prune_options),
    .exec = exec_prune,
};
