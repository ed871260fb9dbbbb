/* brief_table.c - a table as few words as it needs: what does not change is said once
 * above it.
 *
 * Every cell costs a model about as much as a word. A column that never changes is no
 * column but a remark; so is one that changes once, and a word that stands in most rows.
 * What is said of a table and the table itself hold the same values: a reader can put
 * each cell back. */
#include "runner/brief/brief_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define MOST_VALUES 24  /* columns of observations; longer lists have a line below */
#define LIST_SHOWN 8    /* values of a list that has columns */
#define LIST_MOST 128   /* values of a list that has a line below the table */
#define LEAST_ROWS 4    /* for a remark on where a column changes */
#define LEAST_BLANK 3   /* bytes of a value that is worth a blank */
#define LEAST_NUMBER 1e-9 /* what is smaller is 0 */
#define MOST_RARE 2     /* cells that are not blank in a column that is a remark */

enum column_kind { COLUMN_SHOWN, COLUMN_SAME, COLUMN_TURNS, COLUMN_BLANK, COLUMN_RARE };

struct column {
    enum column_kind kind;
    int turn;         /* COLUMN_TURNS: the first row with the second value */
    const char *mode; /* COLUMN_BLANK: what a blank stands for */
    const char *rare; /* COLUMN_RARE: what stands in all rows but a few */
};

static char *table_text(const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        text = xstrdup("");
    return text;
}

void brief_table_column(struct brief_table *t, const char *format, ...)
{
    char **at = xgrow(t->heads, t->n_columns);
    va_list args;

    va_start(args, format);
    *at = table_text(format, args);
    va_end(args);
}

void brief_table_cell(struct brief_table *t, const char *format, ...)
{
    char **at = xgrow(t->cells, t->n_cells);
    va_list args;

    va_start(args, format);
    *at = table_text(format, args);
    va_end(args);
}

void brief_table_clear(struct brief_table *t)
{
    for (int i = 0; i < t->n_columns; i++)
        free(t->heads[i]);
    for (int i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->heads);
    free(t->cells);
    *t = (struct brief_table){ 0 };
}

static int table_rows(const struct brief_table *t)
{
    return t->n_columns ? t->n_cells / t->n_columns : 0;
}

static const char *table_at(const struct brief_table *t, int row, int column)
{
    return t->cells[row * t->n_columns + column];
}

/* What is nothing beside any number that a policy goes by costs no digits. */
static double table_number(double v)
{
    return v > -LEAST_NUMBER && v < LEAST_NUMBER ? 0 : v;
}

/* The value that stands in three rows of five; NULL: there is none. */
static const char *table_mode(const struct brief_table *t, int column)
{
    int n = table_rows(t);

    for (int i = 0; i < n; i++) {
        const char *value = table_at(t, i, column);
        int times = 0;
        for (int k = 0; k < n; k++)
            times += !strcmp(table_at(t, k, column), value);
        if (5 * times >= 3 * n)
            return value;
    }
    return NULL;
}

/* The value that all rows but a few have; NULL: there is none. */
static const char *table_rare(const struct brief_table *t, int column)
{
    int n = table_rows(t);

    for (int i = 0; i < n && i <= MOST_RARE && n >= LEAST_ROWS; i++) {
        const char *value = table_at(t, i, column);
        int times = 0;
        for (int k = 0; k < n; k++)
            times += !strcmp(table_at(t, k, column), value);
        if (n - times <= MOST_RARE)
            return value;
    }
    return NULL;
}

static struct column table_look(const struct brief_table *t, int column)
{
    int n = table_rows(t), n_turns = 0;
    struct column c = { COLUMN_SHOWN, 0, NULL, NULL };
    int n_blank = 0;

    for (int i = 0; i < n; i++)
        n_blank += !*table_at(t, i, column);
    for (int i = 1; i < n; i++)
        if (strcmp(table_at(t, i, column), table_at(t, i - 1, column))) {
            n_turns++;
            c.turn = i;
        }
    c.mode = table_mode(t, column);
    if (column == 0)
        c.kind = COLUMN_SHOWN;
    else if (n_turns == 0)
        c.kind = COLUMN_SAME;
    else if (n_turns == 1 && n >= LEAST_ROWS && !n_blank)
        c.kind = COLUMN_TURNS;
    else if ((c.rare = table_rare(t, column)))
        c.kind = COLUMN_RARE;
    else if (c.mode && strlen(c.mode) >= LEAST_BLANK && !n_blank)
        c.kind = COLUMN_BLANK;
    return c;
}

static bool table_is_column(const struct column *c)
{
    return c->kind == COLUMN_SHOWN || c->kind == COLUMN_BLANK;
}

/* "reward 0, but 4 at step 17; reward 1 at step 20": how many remarks. */
static int table_exceptions(FILE *f, const struct brief_table *t, int column,
                            const char *usual, bool is_more)
{
    int n_said = 0;

    for (int k = 0; k < table_rows(t); k++) {
        if (!strcmp(table_at(t, k, column), usual))
            continue;
        fprintf(f, "%s%s ", is_more || n_said ? "; " : "", t->heads[column]);
        if (!n_said && *usual)
            fprintf(f, "%s, but ", usual);
        fprintf(f, "%s at %s %s", *table_at(t, k, column) ? table_at(t, k, column) : "none",
                t->heads[0], table_at(t, k, 0));
        n_said++;
    }
    return n_said;
}

/* What is said above the table; false: nothing. */
static bool table_remarks(FILE *f, const struct brief_table *t, const struct column *c)
{
    int n = table_rows(t), n_said = 0;

    for (int i = 1; i < t->n_columns; i++)
        if (c[i].kind == COLUMN_SAME && *table_at(t, 0, i))
            fprintf(f, "%s%s %s", n_said++ ? ", " : n > 1 ? "Throughout: " : "",
                    t->heads[i], table_at(t, 0, i));
    for (int i = 1; i < t->n_columns; i++)
        if (c[i].kind == COLUMN_TURNS)
            fprintf(f, "%s%s %s, from %s %s on %s", n_said++ ? "; " : "", t->heads[i],
                    table_at(t, 0, i), t->heads[0], table_at(t, c[i].turn, 0),
                    table_at(t, c[i].turn, i));
    for (int i = 1; i < t->n_columns; i++)
        if (c[i].kind == COLUMN_BLANK)
            fprintf(f, "%s%s %s where blank", n_said++ ? "; " : "", t->heads[i],
                    c[i].mode);
    for (int i = 1; i < t->n_columns; i++)
        if (c[i].kind == COLUMN_RARE)
            n_said += table_exceptions(f, t, i, c[i].rare, n_said > 0);
    return n_said > 0;
}

static void table_rest(FILE *f, const struct brief_table *t, const struct column *c)
{
    fputs("```\n", f);
    for (int row = -1; row < table_rows(t); row++) {
        for (int i = 0; i < t->n_columns; i++) {
            const char *text = row < 0 ? t->heads[i] : table_at(t, row, i);
            if (!table_is_column(&c[i]))
                continue;
            if (row >= 0 && c[i].kind == COLUMN_BLANK && !strcmp(text, c[i].mode))
                text = "";
            fprintf(f, "%s%s", i ? "," : "", text);
        }
        fputs("\n", f);
    }
    fputs("```\n", f);
}

void brief_table_write(FILE *f, const struct brief_table *t)
{
    int n = table_rows(t), n_shown = 0;
    struct column *c;

    if (n == 0)
        return;
    c = xcalloc((size_t)t->n_columns, sizeof(*c));
    for (int i = 0; i < t->n_columns; i++) {
        c[i] = table_look(t, i);
        n_shown += table_is_column(&c[i]);
    }
    if (n == 1 || n_shown == 1)
        fprintf(f, "%s %s%s%s: ", t->heads[0], table_at(t, 0, 0), n > 1 ? " to " : "",
                n > 1 ? table_at(t, n - 1, 0) : "");
    if (table_remarks(f, t, c))
        fputs(".\n", f);
    if (n > 1 && n_shown > 1)
        table_rest(f, t, c);
    free(c);
}

void brief_table_step_columns(struct brief_table *t, const struct env *env)
{
    int n = 0;

    brief_table_column(t, "step");
    for (const struct env_field *o = env->fields; o->name && n < MOST_VALUES; o++)
        for (int i = 0; o->n <= LIST_SHOWN && i < o->n; i++, n++) {
            if (o->n > 1)
                brief_table_column(t, "%s[%d]", o->name, i + 1);
            else
                brief_table_column(t, "%s", o->name);
        }
    for (const struct env_action *a = env->actions; a->name; a++)
        if (env->actions[1].name)
            brief_table_column(t, "action %s", a->name);
        else
            brief_table_column(t, "action");
    brief_table_column(t, "reward");
    if (env->events && env->events[0].name)
        brief_table_column(t, "events");
}

static void table_action(struct brief_table *t, const struct env_action *a, double value)
{
    if (a->choices && value >= a->min && value <= a->max)
        brief_table_cell(t, "%s", a->choices[(int)(value - a->min)]);
    else
        brief_table_cell(t, "%.6g", table_number(value));
}

void brief_table_step(struct brief_table *t, const struct env *env, int64_t step,
                      const double *values, const double *action, double reward,
                      uint32_t events)
{
    char *said = NULL;
    size_t size;
    FILE *f;
    int n = 0;

    brief_table_cell(t, "%" PRId64, step);
    for (const struct env_field *o = env->fields; o->name && n < MOST_VALUES;
         values += o->n, o++)
        for (int i = 0; o->n <= LIST_SHOWN && i < o->n; i++, n++)
            brief_table_cell(t, "%.6g", table_number(values[i]));
    for (int i = 0; env->actions[i].name; i++)
        table_action(t, &env->actions[i], action[i]);
    brief_table_cell(t, "%.6g", table_number(reward));
    if (!env->events || !env->events[0].name)
        return;
    f = open_memstream(&said, &size);
    for (int i = 0; env->events[i].name; i++)
        if (events >> i & 1)
            fprintf(f, "%s%s", ftell(f) ? " " : "", env->events[i].name);
    fclose(f);
    brief_table_cell(t, "%s", said);
    free(said);
}

static bool table_is_digits(const double *values, int n)
{
    for (int i = 0; i < n; i++)
        if (values[i] != 0 && values[i] != 1)
            return false;
    return true;
}

void brief_table_lists(FILE *f, const struct env *env, const double *values,
                       const char *when)
{
    for (const struct env_field *o = env->fields; o->name; values += o->n, o++) {
        bool is_digits = table_is_digits(values, o->n);
        if (o->n <= LIST_SHOWN || o->n > LIST_MOST)
            continue;
        fprintf(f, "%s%s%s: ", o->name, when, is_digits ? ", a digit each" : "");
        for (int i = 0; i < o->n; i++)
            if (is_digits)
                fputc(values[i] ? '1' : '0', f);
            else
                fprintf(f, "%s%.6g", i ? "," : "", table_number(values[i]));
        fputs("\n", f);
    }
}
