# readers.t - those that only look at a ledger write nothing: neither to it nor beside it; they
# work in a folder that cannot be written, beside a writer, and on a ledger of an older ratchet.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
ledger=$TMP/logs/ledger.sqlite
sql() { python3 -c 'import sqlite3,sys; db = sqlite3.connect(sys.argv[1]); db.executescript(sys.argv[2]); db.close()' "$ledger" "$1"; }
"$RATCHET" improve cartpole --policy "$start" --model search:generations=1 --iterations 1 --session one \
    --set dev=4 --set gate=32 >"$TMP/out.txt" 2>&1
ok "a run" $? "$(cat "$TMP/out.txt")"
[ "$(ls "$TMP"/logs/ledger.sqlite*)" = "$ledger" ]
ok "leaves one file" $? "$(ls "$TMP/logs")"
policy=$("$RATCHET" ledger one --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["policy"])')

state() { sha256sum "$ledger" | cut -c1-16; ls -l --time-style=full-iso "$TMP"/logs/ledger.sqlite*; }
untouched() { # untouched NAME STATUS PATTERN COMMAND...
    was=$(state)
    expect "$@"
    [ "$was" = "$(state)" ]
    ok "$1: the ledger is as it was, with nothing beside it" $? "$was
$(state)"
}
readers() { # readers HOW: each command that only looks
    untouched "$1: ledger" 0 'cartpole-1' "$RATCHET" ledger
    untouched "$1: ledger RUN" 0 'verdict' "$RATCHET" ledger one
    untouched "$1: ledger show" 0 'act' "$RATCHET" ledger show "$policy"
    untouched "$1: ledger export" 0 '' "$RATCHET" ledger export one "$TMP/export-$1"
    untouched "$1: show" 0 "^$policy" "$RATCHET" show "$policy"
    untouched "$1: sessions" 0 'one .*ended' "$RATCHET" sessions
    untouched "$1: sessions pause" 1 'no process works on it' "$RATCHET" sessions pause one
    untouched "$1: report" 0 'runs' "$RATCHET" report one --output "$TMP/report.html"
    untouched "$1: prune --dry-run" 0 'keep .*ledger.sqlite' "$RATCHET" prune --dry-run
    untouched "$1: dream --dry-run" 0 '' "$RATCHET" dream --dry-run
}
readers now
untouched "reproduce" 0 'reproduced' "$RATCHET" reproduce one

# An older one is read, not changed; it is brought up to date by whoever writes.
python3 - "$ledger" <<'PY'
import sqlite3, sys
three = """run source episode call candidate regression opening report incident note note_word dream
dream_read dreamt evidence superseded skill session fork allowance""".split()
db = sqlite3.connect(sys.argv[1])
for kind in ("view", "table"):
    for name, in db.execute("SELECT name FROM sqlite_master WHERE type = ?", [kind]).fetchall():
        if name not in three and not name.startswith(("note_word_", "sqlite_")):
            db.execute("DROP %s %s" % (kind, name))
for column in ("run.was_public", "run.env_version", "run.chance", "run.brief_format",
               "opening.seeds"):
    db.execute("ALTER TABLE %s DROP COLUMN %s" % tuple(column.split(".")))
db.executescript("PRAGMA user_version=3; PRAGMA wal_checkpoint(TRUNCATE)")
db.close()
PY
readers old
[ "$(python3 -c 'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version").fetchone()[0])' "$ledger")" = 3 ]
ok "it is of the old version still" $?
cp "$ledger" "$TMP/three.sqlite"
sql 'PRAGMA user_version=999; PRAGMA wal_checkpoint(TRUNCATE)'
untouched "a later one is refused" 1 'written by a later ratchet' "$RATCHET" ledger
cp "$TMP/three.sqlite" "$ledger"

# A folder that cannot be written, seen by someone who is not root.
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
    chmod 755 "$TMP" && chmod 555 "$TMP/logs" && chmod 444 "$ledger"
    untouched "a folder that cannot be written" 0 'cartpole-1' \
        setpriv --reuid=65534 --regid=65534 --clear-groups "$RATCHET" ledger
    chmod 755 "$TMP/logs" && chmod 644 "$ledger"
else
    skip "a folder that cannot be written" "not root, or no setpriv" setpriv
fi

# Beside a writer, whose rows are there once they are committed.
python3 - "$RATCHET" "$ledger" >"$TMP/out.txt" 2>&1 <<'PY'
import sqlite3, subprocess, sys, time
ratchet, path = sys.argv[1:]
def ask():
    at = time.monotonic()
    out = subprocess.run([ratchet, "ledger"], capture_output=True, timeout=20)
    assert out.returncode == 0, out
    return out.stdout.decode(), time.monotonic() - at
db = sqlite3.connect(path, isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("BEGIN IMMEDIATE")
db.execute("UPDATE run SET model = 'changed'")
text, seconds = ask()
assert "changed" not in text and seconds < 10, (text, seconds)
db.execute("COMMIT")
text, seconds = ask()
assert "changed" in text, text
db.execute("BEGIN IMMEDIATE")
ask()
db.execute("ROLLBACK")
PY
ok "beside a writer: at once, and what is committed" $? "$(cat "$TMP/out.txt")"

# What is no ledger.
rm "$ledger"
mkfifo "$ledger"
expect "a pipe in its place does not hang" 1 'not a regular file' timeout 10 "$RATCHET" ledger
expect "nor for one who writes" 1 'not a regular file' timeout 10 "$RATCHET" improve cartpole --policy "$start" --model search
rm "$ledger"
mkdir "$ledger"
expect "a folder" 1 'not a regular file' "$RATCHET" sessions
rmdir "$ledger"
echo noise >"$ledger"
expect "noise" 1 'not a ledger' "$RATCHET" ledger
: >"$ledger"
expect "an empty file" 1 'not a ledger' "$RATCHET" ledger
rm "$ledger"
expect "none" 1 'there is no ledger yet' "$RATCHET" ledger
[ ! -e "$ledger" ]
ok "which is not made by looking" $?
done_testing
