# freeze.t - what follows a run: hidden splits opened once, policies shown, the ledger's tables
# and exports, cases tested and retired. Replies are fixtures; scores are computed.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

lean() { # lean FILE SENTENCE EXPRESSION
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' \
        "$2" "$3" >"$TMP/$1"
}
field() { # field FILE EXPRESSION PATTERN NAME
    json "$TMP/$1" "$2" >"$TMP/value" 2>&1
    grep -Eq -- "$3" "$TMP/value"
    ok "$4" $? "$(cat "$TMP/value")"
}
lean a.txt "Lean against the angle." "o.angle"
lean b.txt "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity"
cat >"$TMP/n.json" <<'J'
[{"name": "note", "arguments": {"text": "The pole falls to the side it leans to."}}]
J
python3 tests/tools/make_session.py "$TMP/s.jsonl" "$TMP/a.txt" "$TMP/n.json" "$TMP/b.txt"
improve() {
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/s.jsonl" \
        --set target=501 --set dev=10 --set gate=32 --set holdout=40 --set audit=40 "$@"
}
expect "a run of one iteration" 0 'new incumbent' improve --out "$TMP/run" -n 1

# Holdout: once a candidate, numbered; audit: once a task.
expect "freeze shows the gap" 0 'gap .*95 % interval' "$RATCHET" freeze "$TMP/run"
expect "a second opening is refused" 1 'opened already .* number 1' "$RATCHET" freeze "$TMP/run"
"$RATCHET" ledger "$TMP/run" --list openings --json >"$TMP/o.json"
field o.json '[(r["split"], r["number"], r["distinct_trajectories"]) for r in j]' \
    "^\[\('holdout', 1, 40\)\]$" "the ledger has the opening and what came out"
python3 - "$TMP/logs/ledger.sqlite" <<'P'
import json
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
task = json.loads(db.execute("SELECT task FROM run").fetchone()[0])
task["budget"]["iterations"] = 2
db.execute("UPDATE run SET task = ?", (json.dumps(task),))
db.commit()
P
expect "the run goes on" 0 'new incumbent' "$RATCHET" improve --resume --out "$TMP/run"
"$RATCHET" freeze "$TMP/run" --json >"$TMP/f.json"
field f.json '(j["opening"], j["iteration"], j["hidden"]["episodes"], j["mode"])' \
    "^\(2, 2, 40, 'outside'\)$" "a later candidate's opening is numbered"
field f.json 'j["starts_shared_with_dev"], j["starts_shared_with_gate"], j["hidden"]["unverified"]' \
    '^\(0, 0, 0\)$' "start states shared between splits are counted"
field f.json 'j["hidden"]["mean"] > 400 and j["robust"]["sticky"] > 0' True "holdout and perturbed scores"
expect "the audit" 0 'audit number 1' "$RATCHET" audit "$TMP/run"
expect "a second audit is refused" 1 'one audit' "$RATCHET" audit "$TMP/run"
expect "another run of the task" 0 'new incumbent' improve --out "$TMP/other" -n 1
expect "has no audit either" 1 "opened already.*$TMP/run" "$RATCHET" audit "$TMP/other"
mv "$TMP/other/salt" "$TMP/other/salt.away"
expect "without its salt nothing is opened" 1 'hidden seeds are lost' "$RATCHET" freeze "$TMP/other"
cp -p "$TMP/run/salt" "$TMP/other/salt"
expect "nor with another's" 1 'not the salt' "$RATCHET" freeze "$TMP/other"
grep -q "model of an earlier run, iteration 2: The pole falls" "$TMP/other/briefs/001.md"
ok "notes are quoted in later runs, with their iteration" $? "$(cat "$TMP/other/briefs/001.md")"
grep -q "On this seed its ancestors returned: .* (the start)" "$TMP/run/briefs/002.md"
ok "a failure says how ancestors did on its seed" $?

# One hidden seed has a mean, and no interval: no run begins so, and one that is there goes on.
one_seed='holdout = 1: one hidden seed .* begin the run with --set holdout=2 or more'
expect "improve refuses one holdout seed" 1 "cartpole: $one_seed" improve --out "$TMP/no" --set holdout=1
[ ! -e "$TMP/no" ]
ok "and leaves no folder" $?
expect "and one audit seed" 1 'audit = 1: one hidden seed' improve --out "$TMP/no" --set audit=1
printf '{"env": "cartpole", "splits": {"holdout": 1}}' >"$TMP/one.json"
expect "so it does in a task's file" 1 "$one_seed" "$RATCHET" improve "$TMP/one.json" \
    --policy "$start" --model search --out "$TMP/no"
expect "so does compare" 1 "$one_seed" "$RATCHET" compare cartpole --policy "$start" \
    --model search --model search --out "$TMP/no" --set holdout=1
mcp_client() {
    printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}' \
        '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
        '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"brief","arguments":{}}}' |
        "$RATCHET" mcp cartpole --policy "$start" --out "$TMP/no" --set holdout=1
}
expect "so does mcp" 1 "$one_seed" mcp_client

# An opening is spent once its report is there.
expect "a run that was begun with one holdout seed" 0 'new incumbent' improve --out "$TMP/one" -n 1
sql() { # sql STATEMENT
    python3 -c 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); print(*d.execute(sys.argv[2])); d.commit()' \
        "$TMP/logs/ledger.sqlite" "$1"
}
sql "UPDATE run SET task = json_set(task, '\$.splits.holdout', 1) WHERE name = '$TMP/one'" >/dev/null
expect "freeze of one seed says that it has no interval" 0 'gap .*without an interval' \
    "$RATCHET" freeze "$TMP/one"
one="run = (SELECT id FROM run WHERE name = '$TMP/one')"
sql "SELECT result FROM report WHERE $one" >"$TMP/value"
grep -q '"gap_interval":\[null,null\]' "$TMP/value" && grep -q '"opening":1' "$TMP/value"
ok "and the ledger keeps its report" $? "$(cat "$TMP/value")"
sql "DELETE FROM report WHERE $one" >/dev/null
"$RATCHET" freeze "$TMP/one" --json >"$TMP/f.json" 2>"$TMP/err"
field f.json '(j["opening"], j["hidden"]["interval"], j["gap_interval"])' '^\(1, \[None, None\], \[None, None\]\)$' \
    "an opening without its report goes on under its number"
sql "DELETE FROM report WHERE $one" >/dev/null
sql "DELETE FROM episode WHERE $one AND purpose = 'holdout'" >/dev/null
sql "UPDATE episode SET tape = NULL WHERE $one AND purpose = 'dev' AND seed_index < 3" >/dev/null
"$RATCHET" freeze "$TMP/one" --json >"$TMP/f.json" 2>"$TMP/err"
field f.json '(j["opening"], j["dev"]["unverified"])' '^\(1, 3\)$' \
    "episodes whose actions were taken from the ledger are unverified"
sql "DELETE FROM report WHERE $one" >/dev/null
expect "which is said" 0 '[0-9] of the dev episodes are UNVERIFIED' "$RATCHET" freeze "$TMP/one"

# What the model says of its change is stored whole, and cut at a word where it is shown.
said="Lean against the angle, $(seq -f 'and then weigh %g' -s ', ' 12): on seed 3 it rose from 9 to 500"
lean long.txt "$said" "o.angle"
lean next.txt "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity"
python3 tests/tools/make_session.py "$TMP/long.jsonl" "$TMP/long.txt" "$TMP/next.txt"
"$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/long.jsonl" --out "$TMP/long" \
    --set target=501 --set dev=4 --set gate=32 >"$TMP/out.txt" 2>&1
sql "SELECT change FROM candidate WHERE run = (SELECT id FROM run WHERE name = '$TMP/long')" >"$TMP/value"
[ "$(cat "$TMP/value")" = "('$said',)" ] || [ "$(cat "$TMP/value")" = "('$said',) ('Add the angular velocity.',)" ]
ok "a long sentence is whole in the ledger" $? "$(cat "$TMP/value")"
expect "and in CSV" 0 'rose from 9 to 500' "$RATCHET" ledger "$TMP/long" --list climb --csv
for file in "$TMP/out.txt" "$TMP/long/briefs/002.md"; do
    tr -s '\n ' ' ' <"$file" | grep -q 'Lean against the angle, .*and then weigh 11, and then weigh … '
    ok "cut at a word, with an ellipsis: ${file##*/}" $? "$(grep -A4 Lean "$file")"
done
expect "in a table" 0 'Lean against the angle, and then weigh 1, and then weigh … ' \
    "$RATCHET" ledger "$TMP/long" --list climb

expect "a climb as a picture" 0 '' "$RATCHET" ledger "$TMP/run" --plot "$TMP/climb.svg"
expect "its band is steps, as its line is" 0 '^[1-9]$' python3 tests/tools/bands.py "$TMP/climb.svg"
"$RATCHET" report "$TMP/run" --output "$TMP/report.html" >/dev/null 2>&1
python3 - "$TMP/report.html" "$TMP/curve.svg" <<'P'
import base64
import re
import sys
page = open(sys.argv[1]).read()
open(sys.argv[2], "wb").write(base64.b64decode(re.search(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]*)", page).group(1)))
P
expect "so it is in a report" 0 '^[1-9]$' python3 tests/tools/bands.py "$TMP/curve.svg"

# Policies and the ledger's tables.
expect "show a policy" 0 'tokens, .*branches' "$RATCHET" show "$TMP/run/best.lua"
expect "with its history" 0 '    1  [0-9a-f]{8}  better' "$RATCHET" show "$TMP/run/best.lua"
sha=$(sha256sum "$TMP/run/best.lua" | cut -c1-12)
expect "by its hash" 0 "^$sha" "$RATCHET" show "$sha"
expect "a hash that nobody has" 1 'neither a file nor a policy' "$RATCHET" show 00000000
expect "ledger show" 0 'parent_sha256' "$RATCHET" ledger show "$TMP/run:2"
expect "ledger show of no iteration" 1 'no such iteration' "$RATCHET" ledger show "$TMP/run:9"
expect "ledger diff" 0 '^\+  return o.angle \+ 0.5' "$RATCHET" ledger diff "$TMP/run:1" "$TMP/run:2"
expect "ledger diff with one policy" 2 'two policies, A B, expected' "$RATCHET" ledger diff "$TMP/run:1"
"$RATCHET" ledger "$TMP/run" --csv >"$TMP/e.csv"
python3 - "$TMP/e.csv" >"$TMP/value" 2>&1 <<'P'
import csv
import sys
rows = list(csv.DictReader(open(sys.argv[1])))
steps = [int(r["steps"]) for r in rows]
means = [float(r["incumbent_mean"]) for r in rows]
assert [r["iteration"] for r in rows] == ["0", "1", "2"], rows
assert steps == sorted(steps) and steps[0] > 0 and means == sorted(means), rows
P
ok "--csv is score against steps" $? "$(cat "$TMP/value" "$TMP/e.csv")"
expect "export" 0 'trials, 2 iterations' "$RATCHET" ledger export "$TMP/run" "$TMP/x"
python3 - "$TMP/x" "$TMP/run" "$TMP/logs/ledger.sqlite" >"$TMP/value" 2>&1 <<'P'
import csv
import hashlib
import json
import os
import sqlite3
import sys
folder, run, ledger = sys.argv[1:]
trials = list(csv.DictReader(open(folder + "/trials.csv")))
lines = [json.loads(line) for line in open(folder + "/trials.jsonl")]
steps = sqlite3.connect(ledger).execute("SELECT sum(e.steps), count(*) FROM episode e JOIN run ON"
                                        " run.id = e.run WHERE run.name = ?", (run,)).fetchone()
assert len(trials) == len(lines) == steps[1], (len(trials), len(lines), steps)
assert sum(int(t["steps"]) for t in trials) == steps[0] == int(trials[-1]["steps_so_far"])
assert all(int(t["steps"]) > 0 and t["purpose"] for t in trials)
assert len(list(csv.DictReader(open(folder + "/summary.csv")))) == 2
sources = sorted(os.listdir(folder + "/sources"))
assert len(sources) == 3, sources
for name in sources:
    text = open(folder + "/sources/" + name, "rb").read()
    assert hashlib.sha256(text).hexdigest().startswith(name[4:12]), name
assert len(os.listdir(folder + "/replays")) == 3
assert json.load(open(folder + "/task.json"))["env"] == "cartpole"
P
ok "an export holds every episode, source and step" $? "$(cat "$TMP/value")"
! grep -rn "$TMP" "$TMP/x" >"$TMP/value"
ok "and no folder of this machine" $? "$(cat "$TMP/value")"
for f in "$TMP"/x/replays/*; do
    expect "exported replay ${f##*/}" 0 '"verified": true' "$RATCHET" replay "$f" --json
done

# Cases.
cases() {
    "$RATCHET" test cartpole --cases "$TMP/run/cases" "$@"
}
expect "cases as a table" 0 '^passed +case-001' cases --policy "$TMP/run/best.lua" --table
expect "cases fail on the start" 1 'not ok 1' cases --policy "$start" --junit "$TMP/j.xml" \
    --replays "$TMP/failing"
python3 -c "
import sys, xml.etree.ElementTree as t
suite = t.parse(sys.argv[1]).getroot()
assert int(suite.get('failures')) == len(suite.findall('testcase/failure')) >= 1" "$TMP/j.xml"
ok "JUnit XML" $? "$(cat "$TMP/j.xml")"
expect "the replay of a failing case" 0 '"verified": true' \
    "$RATCHET" replay "$TMP/failing/cartpole-case-001.replay" --json
odd="$TMP/$(printf 'c\377ses')"
cp -r "$TMP/run/cases" "$odd"
expect "cases of a folder that is no UTF-8 are in JSON" 1 '"case": "case-001"' \
    "$RATCHET" test cartpole --cases "$odd" --policy "$start" --json
sed 's/"env_version": [0-9]*/"env_version": 77/' "$TMP/run/cases/case-001.json" >"$TMP/stale.json"
mkdir "$TMP/stale"
cp "$TMP/stale.json" "$TMP/stale/case-001.json"
expect "another version makes a case stale" 1 'SKIP stale: cut under version 77' \
    "$RATCHET" test cartpole --cases "$TMP/stale" --policy "$start"
expect "a case goes only with a reason" 2 'only with a --reason' cases --retire case-001
expect "there must be one" 1 'no such case' cases --retire case-999 --reason x
expect "a case is retired" 0 'retired: too easy' cases --retire case-001 --reason 'too easy'
grep -q '"retired": "too easy"' "$TMP/run/cases/retired/case-001.json"
ok "and keeps the reason" $?
expect "which the ledger keeps, too" 0 'case-001 +retired.*too easy' \
    "$RATCHET" ledger "$TMP/run" --list cases
"$RATCHET" improve --resume --out "$TMP/run" >"$TMP/out.txt" 2>&1
[ ! -e "$TMP/run/cases/case-001.json" ]
ok "it does not come back when the run goes on" $? "$(cat "$TMP/out.txt")"
expect "nor is it taken for an edited one" 0 '\(nothing\)' "$RATCHET" ledger "$TMP/run" --list incidents

# Where actions are sticky, a case holds in a share of its continuations.
expect "a run with sticky actions" 0 'cases' improve --out "$TMP/sticky" -n 1 --set sticky=0.25
f=$(ls "$TMP"/sticky/cases/*.json | head -1)
[ -n "$f" ] && field "sticky/cases/${f##*/}" '(j["continuations"], j["pass_rate"])' '^\(8, 0.75\)$' \
    "its cases state continuations and pass rate"
expect "and say how many held" 0 'of 8 continuations \([678] held\)' "$RATCHET" test cartpole \
    --cases "$TMP/sticky/cases" --policy "$TMP/sticky/best.lua"
expect "which the start does not" 1 'of 8 continuations \([0-5] held\)' "$RATCHET" test cartpole \
    --cases "$TMP/sticky/cases" --policy "$start"

# Stuck: the loop says so, and with an archive it changes the parent, not the gate.
lean c.txt "Speed alone." "o.velocity"
lean d.txt "Speed against." "-o.velocity"
lean e.txt "Place alone." "o.position"
printf 'From another parent.\n\n<<<<<<< SEARCH\n  return %s > 0 and 1 or 0\n=======\n  return %s > 0 and 1 or 0\n>>>>>>> REPLACE\n' \
    '-o.velocity' 'o.angle - o.velocity' >"$TMP/f.txt"
python3 tests/tools/make_session.py "$TMP/s.jsonl" "$TMP"/[bcde].txt "$TMP/f.txt"
"$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/s.jsonl" --set target=501 \
    --set dev=10 --set gate=32 --set patience=2 --parents archive --out "$TMP/stuck" \
    >"$TMP/out.txt" 2>&1
tr '\n' ' ' <"$TMP/out.txt" | tr -s ' ' >"$TMP/value"
grep -q '2 iterations in a row were fruitless; the parent is now the candidate of iteration' "$TMP/value"
ok "stuck: it says so and changes its parent" $? "$(cat "$TMP/out.txt")"
grep -q 'This is not the best policy so far (dev mean 500)' "$TMP/stuck/briefs/004.md"
ok "the brief says whose policy it is" $? "$(head -20 "$TMP/stuck/briefs/004.md")"
expect "parents are best or archive" 1 'best or archive' "$RATCHET" improve cartpole --parents any
done_testing
