/* parse.c - what `ratchet` and an agent's `ratchet tool` share: options and help, errors,
 * output. It knows no environment. */
#include "base/file.h"
#include "base/number.h"
#include "base/scoped.h"
#include "runner/cmd/cmd.h"

#include <errno.h>
#include <limits.h>
#include <popt.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "ratchet"

/* popt's table without its first line, which is a usage of its own. */
static void print_options(poptContext popt)
{
    scoped char *text = NULL;
    const char *table;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    poptPrintHelp(popt, f, 0);
    fclose(f);
    table = strchr(text, '\n');
    say("\nOptions:");
    say_lines(stdout, table ? table : "\n");
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

static void parse_print_man(const struct command *self, const struct poptOption *options)
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

static int too_few(const struct command *self, int n, int *status)
{
    if (n == 0)
        return usage(self, status, "%s expected", self->args);
    return usage(self, status, "%s expected, and only %d of them is there", self->args, n);
}

/* What popt makes of a command's options, and where the values go. popt tells by a number
 * from 1 on which option came; numbers are read here, for popt takes nan, inf, 010 for 8. */
struct option_table {
    int n;
    struct poptOption *popt;  /* n, help, and the end */
    const struct option **of; /* n */
    void **to;                /* n: where the values go */
    int help;
};

static unsigned popt_kind(enum option_kind kind)
{
    return kind == OPTION_FLAG   ? POPT_ARG_NONE
           : kind == OPTION_LIST ? POPT_ARG_ARGV
                                 : POPT_ARG_STRING;
}

static void table_add(void *user, const struct option *o, void *member)
{
    struct option_table *t = user;
    struct poptOption one = { o->name, o->letter, popt_kind(o->kind),
                              o->kind >= OPTION_INT ? NULL : member,
                              t->n + 1, o->about, o->value };

    t->of = xrealloc(t->of, sizeof(*t->of) * (size_t)(t->n + 1));
    t->to = xrealloc(t->to, sizeof(*t->to) * (size_t)(t->n + 1));
    t->popt = xrealloc(t->popt, sizeof(*t->popt) * (size_t)(t->n + 3));
    t->of[t->n] = o;
    t->to[t->n] = member;
    t->popt[t->n++] = one;
}

static struct option_table *table_make(const struct command *self, void *state,
                                       struct setup *setup)
{
    struct option_table *t = xcalloc(1, sizeof(*t));

    t->popt = xcalloc(2, sizeof(*t->popt));
    option_walk(self->options, self->size ? state : setup, setup, table_add, t);
    memset(t->popt + t->n, 0, 2 * sizeof(*t->popt));
    return t;
}

/* With the texts and lists that it put into the state. */
static void table_free(struct option_table *t)
{
    for (int i = 0; i < t->n; i++) {
        if (t->of[i]->kind == OPTION_TEXT)
            free(*(char **)t->to[i]);
        else if (t->of[i]->kind == OPTION_LIST)
            xfree_list(*(char ***)t->to[i]);
    }
    free(t->popt);
    free(t->of);
    free(t->to);
    free(t);
}

static int parse_read_seed(const char *text, struct option_seed *out, struct error *err)
{
    out->is_typed = true;
    if (number_read_unsigned(text, &out->value))
        return 0;
    return error_set(err, "--seed takes 0 to %llu, not \"%.40s\"",
                     (unsigned long long)UINT64_MAX, text);
}

static bool read_amount(const struct option *o, const char *text, double *to)
{
    return number_read(text, to) && *to >= o->least && (o->most <= 0 || *to <= o->most);
}

static bool read_whole(const struct option *o, const char *text, void *to)
{
    int64_t least = o->kind == OPTION_PLACE ? INT64_MIN : (int64_t)o->least,
            limit = o->kind == OPTION_INT ? INT_MAX : INT64_MAX, value;

    if (!number_read_whole(text, least, o->most > 0 ? (int64_t)o->most : limit, &value))
        return false;
    if (o->kind == OPTION_INT)
        *(int *)to = (int)value;
    else if (o->kind == OPTION_PLACE)
        *(long *)to = (long)value;
    else
        *(long long *)to = value;
    return true;
}

/* text: what was typed after it; NULL: popt put it where it belongs, or a flag. */
static int parse_take_value(struct call *c, int i, const char *text, int *status)
{
    const struct option *o = c->table->of[i];
    void *to = c->table->to[i];
    bool is_amount = o->kind == OPTION_AMOUNT;

    if (!text || o->kind == OPTION_FLAG)
        return 0;
    if (o->kind == OPTION_SEED)
        return parse_read_seed(text, to, &c->err);
    /* One letter stands for a number that the command reads and says what it takes. */
    if (o->kind == OPTION_TEXT || o->kind == OPTION_LIST)
        return text[0] || !o->value[1]
                   ? 0
                   : usage(c->command, status, "--%s: its %s is empty", o->name, o->value);
    if (is_amount ? read_amount(o, text, to) : read_whole(o, text, to))
        return 0;
    if (o->most > 0)
        call_misused(c, "--%s takes %.10g to %.10g, not \"%.40s\"", o->name, o->least,
                     o->most, text);
    else
        usage(c->command, status, "--%s=%.40s: invalid numeric value: it takes %s", o->name,
              text,
              is_amount                ? "0 or more"
              : o->kind == OPTION_PLACE ? "a whole number"
              : o->kind == OPTION_INT   ? "0 or more, whole and up to 2147483647"
                                        : "0 or more, whole and up to 9223372036854775807");
    return -1;
}

int call_misused(struct call *c, const char *format, ...)
{
    char text[sizeof(c->err.text)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    error_set(&c->err, "%s: %s", c->command->name, text);
    return EXIT_USAGE;
}

static int take_arguments(struct call *c, poptContext popt, int *status)
{
    const struct command *self = c->command;

    for (const char *arg; (arg = poptGetArg(popt));) {
        c->args = xrealloc(c->args, sizeof(char *) * (size_t)(c->n_args + 2));
        c->args[c->n_args++] = xstrdup(arg);
        c->args[c->n_args] = NULL;
        if (!arg[0])
            return usage(self, status, "%s: argument %d is empty", self->args, c->n_args);
    }
    if (c->n_args < self->n_min)
        return too_few(self, c->n_args, status);
    if (self->n_max >= 0 && c->n_args > self->n_max)
        return usage(self, status, "%s: one argument too many", c->args[self->n_max]);
    return 0;
}

static int take_options(struct call *c, poptContext popt, int *status)
{
    int code, bad = 0;

    *status = EXIT_USAGE;
    while (bad == 0 && (code = poptGetNextOpt(popt)) > 0) {
        scoped char *text = poptGetOptArg(popt);
        bad = parse_take_value(c, code - 1, text, status);
    }
    if (bad != 0)
        return -1;
    if (code < -1)
        return usage(c->command, status, "%s: %s",
                     poptBadOption(popt, POPT_BADOPTION_NOALIAS), poptStrerror(code));
    if (!c->table->help)
        return take_arguments(c, popt, status);
    print_help(c->command, popt);
    *status = cmd_done();
    return -1;
}

int call_begin(struct call *c, const struct command *self, struct app *app, int argc,
               const char **argv, int *status)
{
    int done = -1;
    poptContext popt;

    *c = (struct call){ .command = self, .app = app,
                        .setup = { .envs = &app->envs, .interrupted = app->interrupted } };
    c->state = xcalloc(1, self->size + 1);
    if (self->initial)
        memcpy(c->state, self->initial, self->size);
    c->args = xcalloc(1, sizeof(char *));
    c->table = table_make(self, c->state, &c->setup);
    *status = EXIT_DONE;
    if (app->mode == APP_RUN) {
        c->table->popt[c->table->n] = (struct poptOption){
            "help", 'h', POPT_ARG_NONE, &c->table->help, 0, "show this help", NULL };
        popt = poptGetContext(PROGRAM, argc, argv, c->table->popt, 0);
        poptSetOtherOptionHelp(popt, " ");
        done = take_options(c, popt, status);
        poptFreeContext(popt);
    } else if (app->mode == APP_MAN) {
        parse_print_man(self, c->table->popt);
    } else {
        print_words(c->table->popt);
    }
    if (done != 0)
        *status = call_end(c, *status);
    return done;
}

int call_end(struct call *c, int status)
{
    if (status != EXIT_DONE && c->err.text[0])
        cmd_fail(status, &c->err);
    table_free(c->table);
    free(c->state);
    xfree_list((char **)c->args);
    return status;
}

int cmd_fail(int status, const struct error *err)
{
    say_to(stderr, PROGRAM ": %s\n", err->text);
    return status;
}

int cmd_done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    say_to(stderr, PROGRAM ": cannot write the output: %s\n", strerror(errno));
    return EXIT_FAILED;
}

