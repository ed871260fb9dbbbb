/* ledger_db.c - statements of the ledger: prepared, stepped, read into rows. */
#include "runner/record/ledger/ledger_db.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "runner/record/ledger/ledger_dream.h"

int ledger_fail(struct ledger *l, struct error *err)
{
    int code = sqlite3_errcode(l->db);

    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return error_set(err,
                         "%s: not a ledger, or a damaged one: %s; move it away to start "
                         "a new one",
                         l->path, sqlite3_errmsg(l->db));
    return error_set(err, "%s: %s", l->path, sqlite3_errmsg(l->db));
}

/* Binds by letters: i int64_t, d double (NAN: NULL), s text or NULL, b blob with
 * size_t. */
static void bind(sqlite3_stmt *s, const char *letters, va_list args)
{
    for (int i = 1; *letters; letters++, i++) {
        if (*letters == 'i') {
            sqlite3_bind_int64(s, i, va_arg(args, int64_t));
        } else if (*letters == 'd') {
            sqlite3_bind_double(s, i,
                                va_arg(args, double)); /* SQLite takes NAN for NULL */
        } else if (*letters == 's') {
            sqlite3_bind_text(s, i, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
        } else {
            const void *bytes = va_arg(args, const void *);
            sqlite3_bind_blob64(s, i, bytes, va_arg(args, size_t), SQLITE_TRANSIENT);
        }
    }
}

sqlite3_stmt *ledger_prepare(struct ledger *l, struct error *err, const char *sql,
                             const char *letters, ...)
{
    sqlite3_stmt *s = NULL;
    va_list args;

    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK) {
        ledger_fail(l, err);
        return NULL;
    }
    va_start(args, letters);
    bind(s, letters, args);
    va_end(args);
    return s;
}

int ledger_execute(struct ledger *l, struct error *err, sqlite3_stmt *s)
{
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : -1;
}

int ledger_do(struct ledger *l, const char *sql, struct error *err)
{
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : ledger_fail(l, err);
}

int ledger_begin(struct ledger *l, struct error *err)
{
    return ledger_do(l, "BEGIN IMMEDIATE", err);
}

int ledger_end(struct ledger *l, bool is_kept, struct error *err)
{
    if (is_kept && ledger_do(l, "COMMIT", err) == 0)
        return 0;
    return ledger_do(l, "ROLLBACK", is_kept ? NULL : err) == 0 && !is_kept ? 0 : -1;
}

int ledger_settle(struct ledger *l, int status, struct error *err)
{
    return ledger_end(l, status == 0, status == 0 ? err : NULL) == 0 ? status : -1;
}

static double ledger_double(sqlite3_stmt *s, int column)
{
    int type = sqlite3_column_type(s, column);

    return type == SQLITE_FLOAT || type == SQLITE_INTEGER
               ? sqlite3_column_double(s, column)
               : NAN;
}

static void *ledger_blob(sqlite3_stmt *s, int column, size_t *len)
{
    char *bytes;

    *len = (size_t)sqlite3_column_bytes(s, column);
    bytes = xcalloc(*len + 1, 1);
    if (*len)
        memcpy(bytes, sqlite3_column_blob(s, column), *len);
    return bytes;
}

static void ledger_read_column(sqlite3_stmt *s, int column, char letter, void *to)
{
    const char *text = strchr("ind", letter)
                           ? NULL
                           : (const char *)sqlite3_column_text(s, column);
    char *copy = text && strchr("st", letter) ? xstrdup(text)
                 : letter == 's'              ? xstrdup("")
                                              : NULL;

    text = text ? text : "";
    switch (letter) {
    case 'i': *(int64_t *)to = sqlite3_column_int64(s, column); break;
    case 'n': *(int *)to = sqlite3_column_int(s, column); break;
    case 'b': *(bool *)to = sqlite3_column_int(s, column) != 0; break;
    case 'd': *(double *)to = ledger_double(s, column); break;
    case 'h': snprintf(to, 65, "%s", text); break;
    case 'p': *(enum purpose *)to = purpose_read(text); break;
    case 'v': *(enum verdict *)to = verdict_read(text); break;
    case 'r': *(enum run_state *)to = run_state_read(text); break;
    case 'q': *(enum dream_kind *)to = dream_kind_read(text); break;
    case 'k': *(enum secrecy *)to = secrecy_read(text); break;
    default: memcpy(to, &copy, sizeof(copy)); /* s, t */
    }
}

static void ledger_read_row(sqlite3_stmt *s, const char *letters, va_list args)
{
    for (int i = 0; letters[i]; i++) {
        void *to = va_arg(args, void *);
        if (letters[i] == 'B')
            *(void **)to = ledger_blob(s, i, va_arg(args, size_t *));
        else
            ledger_read_column(s, i, letters[i], to);
    }
}

static int ledger_step(struct ledger *l, struct error *err, sqlite3_stmt *s,
                       const char *letters, va_list args)
{
    int code = s ? sqlite3_step(s) : SQLITE_ERROR;

    if (code == SQLITE_ROW) {
        ledger_read_row(s, letters, args);
        return 1;
    }
    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? 0 : -1;
}

int ledger_next(struct ledger *l, struct error *err, sqlite3_stmt *s, const char *letters,
                ...)
{
    va_list args;
    int found;

    va_start(args, letters);
    found = ledger_step(l, err, s, letters, args);
    va_end(args);
    return found;
}

int ledger_first(struct ledger *l, struct error *err, sqlite3_stmt *s, const char *letters,
                 ...)
{
    va_list args;
    int found;

    va_start(args, letters);
    found = ledger_step(l, err, s, letters, args);
    va_end(args);
    if (found == 1)
        sqlite3_finalize(s);
    return found;
}

int64_t ledger_now(void)
{
    return (int64_t)time(NULL);
}

static json_t *ledger_db_value(sqlite3_stmt *s, int column)
{
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER:
        return json_integer(sqlite3_column_int64(s, column));
    case SQLITE_FLOAT:
        return json_finite(sqlite3_column_double(s, column));
    case SQLITE_TEXT:
        return json_string((const char *)sqlite3_column_text(s, column));
    default:
        return json_null();
    }
}

int64_t ledger_number(struct ledger *l, struct error *err, sqlite3_stmt *s)
{
    int64_t n = 0;

    return ledger_first(l, err, s, "i", &n) < 0 ? -1 : n;
}

int ledger_list(struct ledger *l, struct error *err, sqlite3_stmt *s,
                const struct ledger_type *t, void *list, int *n)
{
    char *rows = NULL;
    int found;

    for (*n = 0; (found = ledger_next(l, err, s, "")) == 1; ++*n) {
        rows = xrealloc(rows, t->size * ((size_t)*n + 1));
        memset(rows + t->size * (size_t)*n, 0, t->size);
        for (int i = 0; t->letters[i]; i++)
            ledger_read_column(s, i, t->letters[i], rows + t->size * (size_t)*n + t->at[i]);
    }
    memcpy(list, &rows, sizeof(rows));
    if (found < 0)
        ledger_list_clear(t, list, n);
    return found < 0 ? -1 : *n;
}

void ledger_row_clear(const struct ledger_type *t, void *row)
{
    for (int i = 0; t->letters[i]; i++) {
        char *text;
        if (t->letters[i] != 's')
            continue;
        memcpy(&text, (char *)row + t->at[i], sizeof(text));
        free(text);
    }
    memset(row, 0, t->size);
}

void ledger_list_clear(const struct ledger_type *t, void *list, int *n)
{
    char *rows;

    memcpy(&rows, list, sizeof(rows));
    for (int i = 0; i < *n; i++)
        ledger_row_clear(t, rows + t->size * (size_t)i);
    free(rows);
    *n = 0;
    rows = NULL;
    memcpy(list, &rows, sizeof(rows));
}

json_t *ledger_rows(struct ledger *l, sqlite3_stmt *s, struct error *err)
{
    json_t *rows = json_array();
    int code = SQLITE_ERROR;

    while (s && (code = sqlite3_step(s)) == SQLITE_ROW) {
        json_t *row = json_object();
        for (int i = 0; i < sqlite3_column_count(s); i++)
            json_object_set_new(row, sqlite3_column_name(s, i), ledger_db_value(s, i));
        json_array_append_new(rows, row);
    }
    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    if (code != SQLITE_DONE) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}

json_t *ledger_query(struct ledger *l, const char *sql, int64_t run, struct error *err)
{
    sqlite3_stmt *s = ledger_prepare(l, err, sql, "");

    if (s && sqlite3_bind_parameter_count(s) > 0)
        sqlite3_bind_int64(s, 1, run);
    return ledger_rows(l, s, err);
}

int ledger_check_place(const char *path, struct error *err)
{
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return error_set(err, "%s: not a regular file, which a ledger must be", path);
    return 0;
}
