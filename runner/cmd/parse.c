/* parse.c - what `ratchet` and an agent's `ratchet tool` share: options and help, errors,
 * output. It knows no environment. */
#include "base/file.h"
#include "base/number.h"
#include "runner/cmd/cmd.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "ratchet"

/* popt's table without its first line, which is a usage of its own. */
static void print_options(poptContext popt)
{
    char *text = NULL;
    const char *table;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    poptPrintHelp(popt, f, 0);
    fclose(f);
    table = strchr(text, '\n');
    say("\nOptions:");
    say_lines(stdout, table ? table : "\n");
    free(text);
}

/* Lines of ours under a head; NULL: none. */
static void print_block(const char *head, const char *lines)
{
    if (!lines)
        return;
    fputs(head, stdout);
    say_lines(stdout, lines);
    say("\n");
}

static void print_help(const struct command *self, poptContext popt)
{
    say("Usage: " PROGRAM " %s %s%s[OPTION...]\n\n%s.\n", self->name, self->args,
        self->args[0] ? " " : "", self->about);
    print_block("\n", self->details);
    print_options(popt);
    say("\nExamples:\n");
    for (const char *at = self->example; *at;) {
        int len = (int)strcspn(at, "\n");
        say("  %.*s\n", len, at);
        at += len + (at[len] == '\n');
    }
}

static void print_man(const struct command *self, const struct poptOption *options)
{
    say(".SS %s %s\n%s.\n", self->name, self->args, self->about);
    print_block(".PP\n", self->details);
    for (const struct poptOption *o = options; o->longName || o->shortName; o++) {
        say(".TP\n");
        if (o->shortName)
            say("\\fB\\-%c\\fR, ", o->shortName);
        say("\\fB\\-\\-%s\\fR", o->longName);
        if (o->argDescrip)
            say(" \\fI%s\\fR", o->argDescrip);
        say("\n%s\n", o->descrip);
    }
    print_block(".PP\nExamples:\n.nf\n", self->example);
    say(".fi\n");
}

static void print_words(const struct poptOption *options)
{
    for (const struct poptOption *o = options; o->longName; o++)
        say(" --%s", o->longName);
    say(" --help");
}

/* popt's help, without its own usage line: ours stands above it. */
static int usage(const struct command *self, int *status, const char *format, ...)
{
    va_list args;

    say_to(stderr, PROGRAM " %s: ", self->name);
    va_start(args, format);
    say_list(stderr, format, args);
    va_end(args);
    say_to(stderr, "; see `" PROGRAM " %s --help`\n", self->name);
    *status = EXIT_USAGE;
    return -1;
}

/* Of our tables: their own options only, not those that a table includes. */
static int count_options(const struct poptOption *options)
{
    int n = 0;

    while (options[n].longName)
        n++;
    return n;
}

/* popt's own readers take nan, inf, 010 for 8 and "" for 0: numbers are read here. -1 with
 * what the option takes where text is no such number. No option takes an amount below 0;
 * one of POPT_ARG_LONG is a place, counted from the end when it is negative. */
static int take_number(const struct poptOption *o, const char *text, struct error *err)
{
    unsigned kind = o->argInfo & POPT_ARG_MASK;
    int64_t most = kind == POPT_ARG_INT ? INT_MAX : INT64_MAX, whole;

    if (kind == POPT_ARG_DOUBLE)
        return number_read(text, o->arg) && *(double *)o->arg >= 0
                   ? 0
                   : error_set(err, "it takes 0 or more");
    if (!number_read_whole(text, kind == POPT_ARG_LONG ? INT64_MIN : 0, most, &whole))
        return kind == POPT_ARG_LONG
                   ? error_set(err, "it takes a whole number")
                   : error_set(err, "it takes 0 or more, whole and up to %lld",
                               (long long)most);
    if (kind == POPT_ARG_INT)
        *(int *)o->arg = (int)whole;
    else if (kind == POPT_ARG_LONG)
        *(long *)o->arg = (long)whole;
    else
        *(long long *)o->arg = whole;
    return 0;
}

static bool is_number(const struct poptOption *o)
{
    unsigned kind = o->argInfo & POPT_ARG_MASK;

    return kind == POPT_ARG_INT || kind == POPT_ARG_LONG || kind == POPT_ARG_LONGLONG ||
           kind == POPT_ARG_DOUBLE;
}

/* The same table for popt, which says of each option that it came, and gives the text of
 * numbers as it was typed. */
static struct poptOption *told_apart(const struct poptOption *options)
{
    int n = count_options(options);
    struct poptOption *told = xcalloc((size_t)n + 1, sizeof(*told));

    for (int i = 0; i < n; i++) {
        told[i] = options[i];
        told[i].val = i + 1;
        if (is_number(&options[i])) {
            told[i].argInfo = POPT_ARG_STRING;
            told[i].arg = NULL;
        }
    }
    return told;
}

/* What is named by one letter is a number that its command reads, and which says itself
 * what it takes; everything else (a file, a folder, a model) is not called "". */
static int take_option(const struct command *self, const struct poptOption *o,
                       const char *text, int *status)
{
    struct error err;

    if (!text)
        return 0;
    if (is_number(o))
        return take_number(o, text, &err) == 0
                   ? 0
                   : usage(self, status, "--%s: \"%.40s\" is none of its numbers: %s",
                           o->longName, text, err.text);
    if (!text[0] && o->argDescrip && o->argDescrip[1])
        return usage(self, status, "--%s: its %s is empty", o->longName, o->argDescrip);
    return 0;
}

static int parse(const struct command *self, poptContext popt, const int *help,
                 const struct poptOption *options, int n_min, int n_max, const char ***left,
                 int *status)
{
    int code, n = 0, bad = 0;

    while (bad == 0 && (code = poptGetNextOpt(popt)) > 0) {
        char *text = poptGetOptArg(popt);
        bad = take_option(self, &options[code - 1], text, status);
        free(text);
    }
    if (bad != 0)
        return -1;
    if (code < -1)
        return usage(self, status, "%s: %s", poptBadOption(popt, POPT_BADOPTION_NOALIAS),
                     poptStrerror(code));
    if (*help) {
        print_help(self, popt);
        *status = cmd_done();
        return -1;
    }
    *left = xcalloc(1, sizeof(char *));
    for (const char *arg; (arg = poptGetArg(popt)); n++) {
        *left = xrealloc(*left, sizeof(char *) * (size_t)(n + 2));
        (*left)[n] = xstrdup(arg);
        (*left)[n + 1] = NULL;
    }
    for (int i = 0; i < n; i++)
        if (!(*left)[i][0])
            return usage(self, status, "%s: argument %d is empty", self->args, i + 1);
    if (n < n_min)
        return usage(self, status, "%s expected",
                     n_min == 1 && n == 0 ? self->args : "more arguments");
    if (n_max >= 0 && n > n_max)
        return usage(self, status, "%s: one argument too many", (*left)[n_max]);
    return 0;
}

void cmd_free_args(const char **args)
{
    for (int i = 0; args && args[i]; i++)
        free((char *)args[i]);
    free(args);
}

const char **cmd_parse(const struct command *self, struct app *app, int argc,
                       const char **argv, struct poptOption *options, int n_min,
                       int n_max, int *status)
{
    int help = 0;
    struct poptOption *told = told_apart(options);
    struct poptOption with_help[] = {
        { NULL, '\0', POPT_ARG_INCLUDE_TABLE, told, 0, NULL, NULL },
        { "help", 'h', POPT_ARG_NONE, &help, 0, "show this help", NULL },
        POPT_TABLEEND,
    };
    const char **left = NULL;
    poptContext popt;

    *status = EXIT_DONE;
    if (app->mode != APP_RUN) {
        if (app->mode == APP_MAN)
            print_man(self, options);
        else
            print_words(options);
        free(told);
        return NULL;
    }
    popt = poptGetContext(PROGRAM, argc, argv, with_help, 0);
    poptSetOtherOptionHelp(popt, " ");
    if (parse(self, popt, &help, options, n_min, n_max, &left, status) != 0) {
        cmd_free_args(left);
        left = NULL;
    }
    poptFreeContext(popt);
    free(told);
    return left;
}

int cmd_fail(int status, const struct error *err)
{
    say_to(stderr, PROGRAM ": %s\n", err->text);
    return status;
}

int cmd_print_json(json_t *json)
{
    int status = say_json(stdout, json, JSON_INDENT(2));

    json_decref(json);
    return status;
}

int cmd_done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    say_to(stderr, PROGRAM ": cannot write the output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

char *read_text_file(const char *path, size_t max, struct error *err)
{
    size_t len;
    char *text = (char *)file_load(path, max, &len, err);

    if (!text || !memchr(text, '\0', len))
        return text;
    error_set(err, "%s: not a text file", path);
    free(text);
    return NULL;
}

const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
