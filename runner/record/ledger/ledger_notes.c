/* ledger_notes.c - what was tried, what failed and why: notes with a full-text index
 * (FTS5). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/record/ledger/ledger_db.h"

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
    static const char columns[] =
        "SELECT note.run, run.name, note.task, note.iteration, note.author, note.text, (SELECT"
        " group_concat(e.run || ':' || e.iteration, ' ') FROM evidence e"
        " WHERE e.note = note.id) AS evidence FROM ";
    static const char seen[] =
        " (?1 IS NULL OR note.task=?1)"
        " AND (note.run < ?2 OR (note.run = ?2 AND note.iteration <= ?3))"
        " AND (?4 IS NULL OR note.author=?4)"
        " AND (note.run = ?2 OR NOT EXISTS (SELECT 1 FROM note own WHERE own.run=?2"
        "  AND own.iteration=note.iteration AND own.author=note.author"
        "  AND own.text=note.text)) AND " LEDGER_IS_SEEN("?2");
    char *sql = xasprintf(
        match ? "%snote_word JOIN note ON note.id = note_word.rowid JOIN run"
                " ON run.id = note.run WHERE note_word MATCH ?6 AND%s"
                " ORDER BY rank, note.id DESC LIMIT ?5"
              : "%snote JOIN run ON run.id = note.run WHERE%s"
                " ORDER BY note.id DESC LIMIT ?5",
        columns, seen);
    json_t *rows = ledger_rows(l,
                               ledger_prepare(l, err, sql, match ? "siisis" : "siisi",
                                              q->task, q->run, q->iteration, q->author,
                                              (int64_t)q->most, match),
                               err);

    free(sql);
    free(match);
    return rows;
}
