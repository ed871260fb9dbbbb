/* nightly_command.c - what every part of a night does: commands of ours, and lines in the
 * log. */
#include "runner/experiment/nightly.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/say.h"
#include "base/scoped.h"
#include "base/text.h"
#include "base/words.h"

#define MOST_LOGS 5
#define MOST_COMPLAINT 400 /* bytes */

time_t night_now(const struct night *n)
{
    return time(NULL) + (time_t)n->shift_s;
}

void night_time(const struct night *n, char out[32])
{
    text_utc(night_now(n), out);
}

/* night.log becomes night.log.1, and so on; the oldest goes. */
static void rotate_log(const struct night *n, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || st.st_size < (off_t)n->config->log_kib * 1024)
        return;
    for (int i = MOST_LOGS - 1; i >= 0; i--) {
        scoped char *from = i ? xasprintf("%s.%d", path, i) : xstrdup(path);
        scoped char *to = xasprintf("%s.%d", path, i + 1);
        rename(from, to);
    }
}

void night_say(const struct night *n, const char *format, ...)
{
    scoped char *path = xasprintf("%s/night.log", n->folder), *text = NULL;
    char now[32];
    va_list args;
    size_t size;
    FILE *f, *line;

    va_start(args, format);
    line = open_memstream(&text, &size);
    say_list(line, format, args);
    fclose(line);
    va_end(args);
    rotate_log(n, path);
    night_time(n, now);
    f = fopen(path, "ae");
    if (f) {
        say_to(f, "%s %s\n", now, text);
        fclose(f);
    }
    if (!n->is_quiet) {
        say("%s\n", text);
        fflush(stdout);
    }
}

/* The last complaint of a command of ours, in one line; else the last line of any. */
static char *last_complaint(const char *text)
{
    const char *at = text, *own = NULL, *last = text;
    char *line;

    for (; at && *at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
        if (!strncmp(at, "ratchet: ", 9))
            own = at + 9;
        if (*at != '\n')
            last = at;
    }
    line = text_clean(own ? own : last, strlen(own ? own : last), MOST_COMPLAINT, false);
    for (size_t len = strlen(line); len > 0 && line[len - 1] == ' ';)
        line[--len] = '\0';
    return line;
}

json_t *night_command(const struct night *n, const char *const *arguments,
                      double timeout_s, int *status, char **why)
{
    struct words argv = { 0 };
    struct child c = { .timeout_s = timeout_s, .interrupted = n->interrupted };
    struct child_result r;
    struct error err = { "" };
    struct night quiet = *n;
    json_t *json = NULL;

    words_add(&argv, n->program);
    words_add_all(&argv, arguments);
    c.argv = argv.list;
    *status = -1;
    quiet.is_quiet = true;
    if (child_run(&c, &r, &err) == 0) {
        *status = r.status;
        json = json_loads(r.out, 0, NULL);
        *why = r.is_late ? xasprintf("it took longer than %.0f minutes", timeout_s / 60)
               : r.is_interrupted ? xstrdup("interrupted")
                                  : last_complaint(r.err);
        if (r.err[0] || r.status != 0)
            night_say(&quiet, "ratchet %s: status %d%s%s", arguments[0], r.status,
                      r.err[0] ? "\n" : "", r.err);
    } else {
        *why = xstrdup(err.text);
    }
    words_clear(&argv);
    child_result_clear(&r);
    return json;
}
