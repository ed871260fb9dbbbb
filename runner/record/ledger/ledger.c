/* ledger.c - what happened, in one SQLite file: append-only in meaning, open to many
 * processes. Opening and closing; statements are in ledger_db.c, rows in ledger_*.c. */
#include "runner/record/ledger/ledger.h"

#include <stdlib.h>

#include "runner/record/ledger/ledger_db.h"

struct ledger *ledger_open(const char *path, struct error *err)
{
    struct ledger *l = xcalloc(1, sizeof(*l));

    l->path = xstrdup(path);
    if (ledger_check_place(path, err) != 0)
        goto failed;
    if (sqlite3_open_v2(path, &l->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_FULLMUTEX,
                        NULL) != SQLITE_OK) {
        ledger_fail(l, err);
        goto failed;
    }
    sqlite3_busy_timeout(l->db, LEDGER_BUSY_MS);
    if (ledger_migrate(l, err) != 0)
        goto failed;
    return l;
failed:
    ledger_close(l);
    return NULL;
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    sqlite3_close(l->db);
    free(l->path);
    free(l);
}
