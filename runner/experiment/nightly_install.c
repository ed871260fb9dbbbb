/* nightly_install.c - has `ratchet nightly` run every night, by systemd or by cron. */
#include "runner/experiment/nightly_install.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/say.h"
#include "base/scoped.h"

#define MARK "# ratchet nightly"
#define TOOL_S 60.0

/* What both forms need: where to be, and what to run. */
struct entry {
    const char *program, *config, *here;
    const char *home; /* RATCHET_HOME */
    int hour, minute;
};

/* In a unit's line: quotes, and % as %%; $ as $$ where it is a command. */
static void put_unit(FILE *f, const char *text, bool is_command)
{
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', f);
        if (*text == '%' || (*text == '$' && is_command))
            fputc(*text, f);
        fputc(*text, f);
    }
    fputc('"', f);
}

/* In a crontab: the shell's quotes, and % behind a backslash. */
static void put_cron(FILE *f, const char *text)
{
    fputc('\'', f);
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", f);
        else
            fprintf(f, *text == '%' ? "\\%c" : "%c", *text);
    fputc('\'', f);
}

static char *service(const struct entry *e)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fputs("[Unit]\nDescription=ratchet's night: regression cases, improvement, report\n\n"
          "[Service]\nType=oneshot\nEnvironment=",
          f);
    {
        scoped char *home = xasprintf("RATCHET_HOME=%s", e->home);
        put_unit(f, home, false);
    }
    fputs("\nWorkingDirectory=", f);
    for (const char *at = e->here; *at; at++)
        fprintf(f, *at == '%' ? "%%%c" : "%c", *at);
    fputs("\nNice=10\nTimeoutStopSec=120\nExecStart=", f);
    put_unit(f, e->program, true);
    fputs(" nightly ", f);
    put_unit(f, e->config, true);
    fputs("\n", f);
    fclose(f);
    return text;
}

static char *timer(const struct entry *e)
{
    return xasprintf("[Unit]\nDescription=ratchet's night, every night\n\n[Timer]\n"
                     "OnCalendar=*-*-* %02d:%02d:00\nPersistent=true\n\n"
                     "[Install]\nWantedBy=timers.target\n",
                     e->hour, e->minute);
}

static char *cron_line(const struct entry *e)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fprintf(f, "%d %d * * * cd ", e->minute, e->hour);
    put_cron(f, e->here);
    fputs(" && RATCHET_HOME=", f);
    put_cron(f, e->home);
    fputc(' ', f);
    put_cron(f, e->program);
    fputs(" nightly ", f);
    put_cron(f, e->config);
    fputs(" >/dev/null " MARK "\n", f);
    fclose(f);
    return text;
}

static int run_tool(const char *const *argv, const char *input, char **out,
                    struct error *err)
{
    struct child c = { .argv = argv, .input = input, .timeout_s = TOOL_S };
    struct child_result r;
    int status = -1;

    if (child_run(&c, &r, err) == 0) {
        status = r.status;
        if (status != 0)
            error_set(err, "%s %s: %.200s", argv[0], argv[1],
                      r.err[0] ? r.err : "it failed and gave no reason");
        err->text[strcspn(err->text, "\n")] = '\0';
        if (out)
            *out = xstrdup(r.out);
    }
    child_result_clear(&r);
    return status;
}

static int install_systemd(const struct entry *e, bool is_sure, struct error *err)
{
    static const char *const reload[] = { "systemctl", "--user", "daemon-reload", NULL };
    static const char *const enable[] = {
        "systemctl", "--user", "enable", "--now", "ratchet-nightly.timer", NULL
    };
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    char *texts[] = { service(e), timer(e) };
    scoped char *folder = base && base[0]
                              ? xasprintf("%s/systemd/user", base)
                              : xasprintf("%s/.config/systemd/user", home ? home : "");
    char *paths[] = { xasprintf("%s/ratchet-nightly.service", folder),
                      xasprintf("%s/ratchet-nightly.timer", folder) };
    int status = 0;

    for (int i = 0; i < 2; i++)
        say("# %s\n", paths[i]), say_lines(stdout, texts[i]), say("\n");
    say("then: systemctl --user enable --now ratchet-nightly.timer\n");
    if (is_sure) {
        status = file_make_folders(folder, err);
        for (int i = 0; i < 2 && status == 0; i++)
            status = file_save(paths[i], texts[i], strlen(texts[i]), err);
        if (status == 0)
            status = run_tool(reload, NULL, NULL, err) == 0 &&
                             run_tool(enable, NULL, NULL, err) == 0
                         ? 0
                         : -1;
    }
    for (int i = 0; i < 2; i++) {
        free(texts[i]);
        free(paths[i]);
    }
    return status;
}

/* The crontab as it is, but for an earlier line of ours, with ours behind it. */
static char *new_crontab(const char *old, const char *line)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    while (*old) {
        size_t len = strcspn(old, "\n");
        const char *mark = strstr(old, MARK);
        if (!mark || mark >= old + len)
            fprintf(f, "%.*s\n", (int)len, old);
        old += len + (old[len] == '\n');
    }
    fputs(line, f);
    fclose(f);
    return text;
}

static int install_cron(const struct entry *e, bool is_sure, struct error *err)
{
    static const char *const list[] = { "crontab", "-l", NULL };
    static const char *const put[] = { "crontab", "-", NULL };
    scoped char *line = cron_line(e);
    char *old = NULL;
    scoped char *text = NULL;
    int status = 0;

    say_lines(stdout, line);
    if (is_sure) {
        /* No crontab yet is no error; any other failure must not end in an empty one. */
        status = run_tool(list, NULL, &old, err);
        if (status != 0 && strstr(err->text, "no crontab")) {
            *err = (struct error){ "" };
            status = 0;
        }
        if (status == 0) {
            text = new_crontab(old ? old : "", line);
            status = run_tool(put, text, NULL, err);
        }
        status = status == 0 ? 0 : -1;
    }
    free(old);
    return status;
}

int nightly_install(const struct night_config *c, const char *kind, const char *program,
                    const char *path, bool is_sure, struct error *err)
{
    const char *set = getenv("RATCHET_HOME");
    scoped char *here = realpath(".", NULL),
                *home = realpath(set && set[0] ? set : ".", NULL);
    struct entry e = { program, path, here, home, c->hour, c->minute };
    int status = -1;

    if (!here || !home)
        error_set(err, "%s: %s", here ? "RATCHET_HOME" : "this folder", strerror(errno));
    else if (strpbrk(here, "\n\r") || strpbrk(home, "\n\r") || strpbrk(program, "\n\r") ||
             strpbrk(path, "\n\r"))
        error_set(err, "nightly: a path has a line's end in it");
    else if (!strcmp(kind, "systemd"))
        status = install_systemd(&e, is_sure, err);
    else if (!strcmp(kind, "cron"))
        status = install_cron(&e, is_sure, err);
    else
        error_set(err, "nightly: --install takes systemd or cron, not %.60s", kind);
    if (status == 0)
        say(is_sure ? "installed\n" : "nothing was written; --yes writes it\n");
    return status;
}
