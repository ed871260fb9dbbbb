# demo.t - the main job as `make demo` runs it: the recorded session takes the naive policy
# above 400, each verdict computed here.
. tests/tap.sh
"$RATCHET" improve breakout --json >"$TMP/demo.json" 2>"$TMP/err"
ok "it runs to its end without a key, a display or a network" $? "$(cat "$TMP/err")"
holds() { # holds NAME EXPRESSION
    [ "$(json "$TMP/demo.json" "$2")" = True ]
    ok "$1" $? "$(cat "$TMP/demo.json")"
}
holds "several rewrites, some of them not taken" 'j["iterations"] >= 8 > j["promotions"] >= 1'
holds "it ends above 400" 'j["best_mean"] > 400'
holds "and above where it began, with confidence" \
    'j["best_mean"] > j["start_mean"] and j["gain_interval"][0] > 0'
holds "failures became cases" 'j["cases"] >= 1'
run=$(json "$TMP/demo.json" 'j["run"]')
expect "the ledger has its iterations" 0 'better' "$RATCHET" ledger "$run"
# Every reply is parsed, and judged as it was when it was recorded, to the bounds, policies and
# steps; the one that was refused then is the one whose edit did not fit.
python3 - "$TMP/logs/ledger.sqlite" "$run" policies/breakout/session.jsonl >"$TMP/replies.txt" 2>&1 <<'P'
import json
import sqlite3
import sys

db = sqlite3.connect(sys.argv[1])
run, = db.execute("SELECT id FROM run WHERE name = ?", (sys.argv[2],)).fetchone()
lines = [json.loads(line) for line in open(sys.argv[3])]
outcomes = {o["outcome"]["iteration"]: o["outcome"] for o in lines if "outcome" in o}
replies = {o["iteration"] for o in lines if "reply" in o}
rows = {r[0]: r[1:] for r in db.execute(
    "SELECT iteration, verdict, sha256, pairs, dev_after, low, high, cases_passed, cases, why FROM candidate"
    " WHERE run = ?", (run,))}
assert len(replies) >= 8 and replies == set(rows) == set(outcomes) - {0}, (replies, set(rows), set(outcomes))
for i in sorted(replies):
    o = outcomes[i]
    verdict, sha, pairs, dev, low, high, passed, cases, why = rows[i]
    print(i, verdict, why)
    assert verdict == o["verdict"] and (sha or "") == o["candidate"] and pairs == o["pairs"], (i, rows[i], o)
    if verdict != "refused":
        assert (dev, low, high, [passed, cases]) == (o["dev"], o["low"], o["high"], o["cases"]), (i, rows[i], o)
    else:
        assert "nowhere" in why or "once" in why or "places" in why, (i, why)
    assert "no policy" not in why and "cannot be loaded" not in why, (i, why)
played = dict(db.execute("SELECT purpose, sum(steps) FROM episode WHERE run = ? AND purpose <> 'replay' GROUP BY 1",
                         (run,)))
recorded = {}
for o in outcomes.values():
    for purpose, n in o["played"]["steps"].items():
        recorded[purpose] = recorded.get(purpose, 0) + n
print(played, recorded)
assert all(recorded[p] <= played[p] for p in recorded)
assert recorded["regression"] == played["regression"]
P
ok "every reply is judged as it was recorded" $? "$(cat "$TMP/replies.txt")"
expect "the best replay is verified" 0 '"verified": true' \
    "$RATCHET" replay "$(json "$TMP/demo.json" 'j["replay"]')" --json
expect "the shipped cases hold" 0 '^ok 1' "$RATCHET" test breakout
done_testing
