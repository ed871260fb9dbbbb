# lost.t - what the environment broke is in no mean that is shown, and is counted apart.
. tests/tap.sh

"$RATCHET" improve cartpole --model search -n 1 --set dev=4 --set gate=8 --out "$TMP/run" \
    --json >"$TMP/out.json" 2>"$TMP/err"
ok "a run" $? "$(cat "$TMP/err")"
# Its first dev episode as a ledger has one that the environment broke: with a score that is
# none.
mean=$(python3 - "$TMP/logs/ledger.sqlite" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
start = db.execute("SELECT start_sha256 FROM run").fetchone()[0]
of = "purpose = 'dev' AND scope = '' AND sha256 = ?"
db.execute(f"UPDATE episode SET fault = 10, score = -1000000 WHERE {of} AND seed_index = 0", (start,))
db.execute("UPDATE candidate SET verdict = 'worse'")
db.commit()
print(db.execute(f"SELECT avg(score) FROM episode WHERE {of} AND seed_index > 0", (start,)).fetchone()[0])
PY
)
same() { # same NAME COMMAND...: the JSON on its output has that mean at the expression
    name=$1 at=$2
    shift 2
    "$@" >"$TMP/said" 2>&1
    [ "$(json "$TMP/said" "abs($at - $mean) < 0.01")" = True ]
    ok "$name" $? "not $mean: $(head -c 400 "$TMP/said")"
}
same "sessions" 'j[0]["incumbent"]' "$RATCHET" sessions --json
same "ledger: efficiency" 'j[0]["incumbent_mean"]' "$RATCHET" ledger "$TMP/run" --list \
    efficiency --json
"$RATCHET" ledger show "$TMP/run:1" >"$TMP/said" 2>&1
grep -q ' lost' "$TMP/said"
ok "an iteration's episodes have a column of those that are lost" $? "$(cat "$TMP/said")"
# Before its first iteration a report has the start's episodes alone.
python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM candidate"); db.commit()' "$TMP/logs/ledger.sqlite"
same "report" 'j["runs"][0]["start_mean"]' "$RATCHET" report "$TMP/run" --json
done_testing
