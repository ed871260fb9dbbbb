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
# One that was lost to the clock is counted with them; it keeps its score.
python3 - "$TMP/logs/ledger.sqlite" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE episode SET fault = 6, score = total WHERE purpose = 'dev' AND scope = '' AND seed_index = 1"
           " AND sha256 = (SELECT start_sha256 FROM run)")
db.commit()
PY
count() { # count NAME WANT EXPRESSION COMMAND...
    name=$1 want=$2 at=$3
    shift 3
    "$@" >"$TMP/said" 2>&1
    [ "$(json "$TMP/said" "$at")" = "$want" ]
    ok "$name" $? "not $want: $(head -c 600 "$TMP/said")"
}
count "sessions: lost" 2 'j[0]["lost"]' "$RATCHET" sessions --json
count "ledger: steps: lost" "{'dev': 2, 'gate': 0}" \
    '{r["purpose"]: r["lost"] for r in j if r["purpose"] in ("dev", "gate")}' \
    "$RATCHET" ledger "$TMP/run" --list steps --json
count "ledger: efficiency: lost of the start's mean, none of the candidate's" '[2, 0]' \
    '[r["lost"] for r in j]' "$RATCHET" ledger "$TMP/run" --list efficiency --json
count "report: lost" 2 'j["runs"][0]["lost"]' "$RATCHET" report "$TMP/run" --json
count "report: lost by purpose" 2 \
    '[r["lost"] for r in j["runs"][0]["purposes"] if r["purpose"] == "dev"][0]' \
    "$RATCHET" report "$TMP/run" --json
count "report: lost by iteration" '[0]' '[r["lost"] for r in j["runs"][0]["iterations"]]' \
    "$RATCHET" report "$TMP/run" --json
expect "sessions show a column of them" 0 ' lost ' "$RATCHET" sessions
expect "efficiency too" 0 ' lost ' "$RATCHET" ledger "$TMP/run" --list efficiency
expect "and the report" 0 '\| lost \|' "$RATCHET" report "$TMP/run" --md
"$RATCHET" report "$TMP/run" --output "$TMP/page.html" >"$TMP/said" 2>&1
grep -q '<th[^>]*>\(<[^>]*>\)*lost' "$TMP/page.html"
ok "and its page" $? "$(grep -o '<th[^/]*/' "$TMP/page.html" | head -40)"
# Before its first iteration a report has the start's episodes alone.
python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM candidate"); db.commit()' "$TMP/logs/ledger.sqlite"
same "report" 'j["runs"][0]["start_mean"]' "$RATCHET" report "$TMP/run" --json
done_testing
