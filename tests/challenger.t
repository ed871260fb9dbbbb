# challenger.t - near misses: they stay, get further pairs, and are promoted when these prove
# them. A plug-in (tests/plugin/falls.c) in which a way gains the same in every episode: 100 of
# a range of 3000 takes some 125 pairs. The replies are fixtures; verdicts are computed.
. tests/tap.sh

policy() { # policy FILE SENTENCE EXPRESSION of the place o.place
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s\nend }\n```\n' "$2" "$3" >"$TMP/$1"
}
printf 'return { act = function() return 0 end }\n' >"$TMP/start.lua"
policy near.txt "Take the bridge once." "o.place == 0 and 2 or 0"
policy again.txt "Take the bridge once. Why now: it was only unclear." "--[[ as before ]] o.place == 0 and 2 or 0"
policy far.txt "Take the bridge always." "2"
for i in 1 2 3; do
    echo "I have no idea, $i." >"$TMP/none-$i.txt"
done
session() { # session NAME REPLY...
    name=$1
    shift
    (cd "$TMP" && python3 "$ROOT/tests/tools/make_session.py" "$name.jsonl" "$@")
}
session near near.txt none-1.txt none-2.txt none-3.txt
session again near.txt again.txt
session far near.txt far.txt none-1.txt
improve() { # improve RUN SESSION [OPTION...]
    run=$TMP/$1
    recorded=$TMP/$2.jsonl
    shift 2
    ${exec-} "$RATCHET" improve falls --plugin "$BUILD/tests/falls.so" --policy "$TMP/start.lua" \
        --model "recorded:$recorded" --out "$run" --json --set toll=1000 --set dev=4 \
        --set gate=32 --set challenger=64 "$@" >"$TMP/out.json" 2>"$TMP/err"
}
rows() { # rows RUN LIST EXPRESSION over r
    "$RATCHET" ledger "$TMP/$1" --list "$2" --json >"$TMP/rows.json" &&
        json "$TMP/rows.json" "[$3 for r in j]"
}
holds() { # holds NAME WANTED RUN LIST EXPRESSION
    found=$(rows "$3" "$4" "$5")
    [ "$found" = "$2" ]
    ok "$1" $? "$found, not $2; $(cat "$TMP/err")"
}

improve near near
ok "a run with a near miss" $? "$(cat "$TMP/err")"
holds "it is unclear, and gets further pairs in each iteration until it is proven" \
    "[(2, 1, 'unclear', 96), (3, 1, 'better', 144)]" near challengers \
    '(r["iteration"], r["of_iteration"], r["verdict"], r["pairs"])'
holds "the climb shows when it became the incumbent" \
    "[(1, 'unclear', 32), (2, 'refused', 0), (3, 'better', 144), (3, 'refused', 0), (4, 'refused', 0)]" \
    near climb '(r["iteration"], r["verdict"], r["pairs"])'
[ "$(json "$TMP/out.json" '(j["promotions"], j["start_mean"], j["best_mean"], j["gain"])')" = \
    "(1, 1000.0, 1100.0, 100.0)" ] && grep -q 'o.place == 0' "$TMP/near/best.lua"
ok "and it is one: best.lua, the gain on hidden seeds" $? "$(cat "$TMP/out.json")"
grep -q '1 candidate is unclear so far' "$TMP/near/briefs/002.md" &&
    grep -q 'As challenger in iteration 3' "$TMP/near/briefs/003.md"
ok "the briefs tell of it" $? "$(cat "$TMP/near/briefs/003.md")"
expect "sessions list its mean" 0 'near +falls .* 1100' "$RATCHET" sessions
expect "freeze opens it" 0 '1100' "$RATCHET" freeze "$TMP/near" --plugin "$BUILD/tests/falls.so"
"$RATCHET" report "$TMP/near" --plugin "$BUILD/tests/falls.so" >"$TMP/report.out" 2>&1
grep -rq 'Challenger of iteration 1' "$TMP/near" "$TMP/logs"
ok "the report shows it as one" $? "$(cat "$TMP/report.out")"
rows near climb '(r["iteration"], r["verdict"], r["low"], r["high"], r["pairs"], r["why"])' >"$TMP/whole.txt"
rows near challengers '(r["verdict"], r["low"], r["pairs"], r["why"])' >>"$TMP/whole.txt"

for after in 0.1 0.3 0.6; do
    mkdir "$TMP/killed-$after"
    cp -p "$TMP/near/salt" "$TMP/killed-$after/salt"
    exec=exec improve "killed-$after" near &
    pid=$!
    sleep "$after"
    kill -9 "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    if "$RATCHET" ledger "$TMP/killed-$after" >/dev/null 2>&1; then
        "$RATCHET" improve --resume --plugin "$BUILD/tests/falls.so" --out "$TMP/killed-$after" \
            >/dev/null 2>"$TMP/err"
    else
        improve "killed-$after" near
    fi
    { rows "killed-$after" climb '(r["iteration"], r["verdict"], r["low"], r["high"], r["pairs"], r["why"])'
      rows "killed-$after" challengers '(r["verdict"], r["low"], r["pairs"], r["why"])'; } >"$TMP/killed.txt"
    cmp -s "$TMP/whole.txt" "$TMP/killed.txt"
    ok "killed after $after s, resumed: the same" $? "$(diff "$TMP/whole.txt" "$TMP/killed.txt")"
done

improve again again
holds "the same program handed in again goes on from its pairs" \
    "[(1, 'unclear', 32), (2, 'better', 128)]" again climb '(r["iteration"], r["verdict"], r["pairs"])'
python3 - "$TMP/logs/ledger.sqlite" "$TMP/again" >"$TMP/ordinals.txt" <<'P'
import json
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
print([json.loads(d)["ordinal"] for d, in db.execute(
    "SELECT details FROM candidate WHERE run = (SELECT id FROM run WHERE name = ?)", (sys.argv[2],))])
P
[ "$(cat "$TMP/ordinals.txt")" = "[1, 1]" ]
ok "on the share of the error that it had" $? "$(cat "$TMP/ordinals.txt")"

improve far far
holds "a new incumbent" "['unclear', 'better', 'refused']" far climb 'r["verdict"]'
holds "drops the challengers of the old one" "[2]" far challengers 'r["iteration"]'
improve most near --set gate_most=96
holds "no candidate gets more than gate_most" "[(2, 'unclear', 96)]" most challengers \
    '(r["iteration"], r["verdict"], r["pairs"])'
improve none near --set challenger=0
holds "challenger=0: none" "[]" none challengers 'r["iteration"]'
done_testing
