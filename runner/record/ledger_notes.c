/* ledger_notes.c - what was tried, what failed and why: notes with a full-text index
 * (FTS5). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger_db.h"

#define MOST_WORDS 24 /* of a search */

int ledger_note_add(struct ledger *l, const char *task, int64_t run, int64_t iteration,
                    const char *author, const char *text, struct error *err)
{
    return ledger_execute(
        l, err,
        ledger_prepare(
            l, err,
            "INSERT OR IGNORE INTO note(task, run, iteration, author, text, created)"
            " VALUES(?,?,?,?,?,?)",
            "siissi", task, run, iteration, author, text, ledger_now()));
}

/* Words as FTS5 takes them whatever they are: each in quotes, any of them. NULL: no
 * words. */
static char *any_word(const char *words)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    int n = 0;

    for (const char *at = words; *at && n < MOST_WORDS;) {
        size_t len = 0;
        while (at[len] &&
               (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] < 0))
            len++;
        if (len > 1)
            fprintf(f, "%s\"%.*s\"", n++ ? " OR " : "", (int)len, at);
        at += len + (at[len] != '\0');
    }
    fclose(f);
    if (n)
        return text;
    free(text);
    return NULL;
}

json_t *ledger_note_search(struct ledger *l, const struct ledger_note_query *q,
                           struct error *err)
{
    char *match = q->words ? any_word(q->words) : NULL;
    sqlite3_stmt *s = ledger_prepare(
        l, err,
        match ? "SELECT note.run, run.name, iteration, author, note.text FROM note_word"
                " JOIN note ON note.id = note_word.rowid JOIN run ON run.id = note.run"
                " WHERE note_word MATCH ?6 AND note.task=?1"
                " AND (note.run < ?2 OR (note.run = ?2 AND iteration <= ?3))"
                " AND (?4 IS NULL OR author=?4) ORDER BY rank, note.id DESC LIMIT ?5"
              : "SELECT note.run, run.name, iteration, author, note.text FROM note"
                " JOIN run ON run.id = note.run WHERE note.task=?1"
                " AND (note.run < ?2 OR (note.run = ?2 AND iteration <= ?3))"
                " AND (?4 IS NULL OR author=?4) ORDER BY note.id DESC LIMIT ?5",
        match ? "siisis" : "siisi", q->task, q->run, q->iteration, q->author,
        (int64_t)q->most, match);
    json_t *rows = json_array();
    int code = SQLITE_ERROR;

    while (s && (code = sqlite3_step(s)) == SQLITE_ROW)
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:I, s:s, s:s}", "run",
                            (json_int_t)sqlite3_column_int64(s, 0), "name",
                            (const char *)sqlite3_column_text(s, 1), "iteration",
                            (json_int_t)sqlite3_column_int64(s, 2), "author",
                            (const char *)sqlite3_column_text(s, 3), "text",
                            (const char *)sqlite3_column_text(s, 4)));
    if (s && code != SQLITE_DONE)
        ledger_fail(l, err);
    sqlite3_finalize(s);
    free(match);
    if (code != SQLITE_DONE) {
        json_decref(rows);
        rows = NULL;
    }
    return rows;
}
