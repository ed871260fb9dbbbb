# judge.t - what decides a verdict beside the bound: dev seeds, hidden seeds for target and gain,
# tails, lines of policies, few starts, and tasks that no gate can judge. A plug-in
# (tests/plugin/falls.c) in which a way gains the same in every episode; replies are fixtures.
. tests/tap.sh
plugin="--plugin $BUILD/tests/falls.so"

policy() { # policy NAME SENTENCE BODY: a reply, and the policy alone
    printf '%s\n' "$3" >"$TMP/$1.lua"
    printf '%s\n\n```lua\n%s\n```\n' "$2" "$3" >"$TMP/$1.txt"
    (cd "$TMP" && python3 "$ROOT/tests/tools/make_session.py" "$1.jsonl" "$1.txt")
}
act() { # act EXPRESSION: of o.place and o.light, which differs from seed to seed
    printf 'return { act = function(o)\n  return %s\nend }' "$1"
}
improve() { # improve RUN START REPLY [OPTION...]
    run=$TMP/$1 start=$TMP/$2.lua reply=$TMP/$3.jsonl
    shift 3
    "$RATCHET" improve falls $plugin --policy "$start" --model "recorded:$reply" --out "$run" \
        --json --set toll=1000 --set dev=4 --set gate=256 "$@" >"$TMP/out.json" 2>"$TMP/err"
}
verdict() { # verdict NAME RUN PATTERN: of its first iteration
    "$RATCHET" ledger "$TMP/$2" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" '[r["verdict"] + ": " + r["why"] for r in j if r["iteration"] == 1]' >"$TMP/v.txt"
    grep -Eq "$3" "$TMP/v.txt"
    ok "$1" $? "$(cat "$TMP/v.txt" "$TMP/err")"
}
said() { # said NAME EXPRESSION over the closing object
    [ "$(json "$TMP/out.json" "$2")" = True ]
    ok "$1" $? "$(cat "$TMP/out.json")"
}
detail() { # detail RUN ITERATION KEY
    python3 - "$TMP/logs/ledger.sqlite" "$TMP/$1" "$2" "$3" <<'P'
import json
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
print(json.loads(db.execute("SELECT details FROM candidate WHERE iteration = ? AND run ="
                            " (SELECT id FROM run WHERE name = ?)", (sys.argv[3], sys.argv[2])
                            ).fetchone()[0])[sys.argv[4]])
P
}

policy plain "Stay on the road." "$(act 0)"
policy half "The bridge at first." "$(act 'o.place < 5 and 2 or 0')"
policy bridge "The bridge always." "$(act 2)"
policy risky "The bridge, unless it is dark." "$(act 'o.light > 0.3 and 2 or 0')"
policy ledge "The ledge at first, then the bridge." "$(act 'o.place < 5 and 1 or 2')"

# Of 256 pairs 70 % gain 500 and 30 % lose 500: better, but for who asks for a tail.
improve better half risky
verdict "a gain of the mean is better" better '^\[.better: .*lower decile 1000 \(1500\), [0-9]+ far below the rest \(0\)'
improve tail half risky --set tail=100
verdict "a task that asks for a tail refuses it" tail 'refused: its lower decile .* is 1000, the current policy.s 1500'
improve falls half ledge --set depth=-2000
verdict "who falls where the current policy does not is told with its falls" falls \
    '(worse|unclear): .*worst -2000 \(current policy: 1500\)'
improve ledger half bridge
[ "$(detail ledger 1 sides | tr "'" '"' | python3 -c 'import json, sys; j = json.load(sys.stdin)
print(j["candidate"]["worst"], j["candidate"]["decile"], j["candidate"]["far_below"], j["incumbent"]["worst"])')" = \
    "2000.0 2000.0 0 1500.0" ]
ok "the ledger keeps both sides" $? "$(detail ledger 1 sides)"
grep -q 'finds a true gain of the mean of about [0-9]' "$TMP/ledger/briefs/001.md"
ok "the brief tells the least gain that the gate can see" $? "$(grep -i gate "$TMP/ledger/briefs/001.md")"

# The dev seeds by heart: what the policy sees of them first.
for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
    seed=$(python3 -c "import hashlib
print(int(hashlib.sha256(b'ratchet dev\nfalls\n\n$i\n').hexdigest()[:16], 16) >> 2)")
    echo 'return { act = function(o) error(string.format("<%.17g>", o.light)) end }' >"$TMP/p.lua"
    "$RATCHET" run falls $plugin "$TMP/p.lua" -n 1 --seed "$seed" 2>&1 | grep -o '<[^>]*>' | head -1
done | tr -d '<>' | tr '\n' ',' >"$TMP/lights"
knows() { # knows THERE ELSEWHERE
    printf 'local known = {}\nfor _, x in ipairs({ %s }) do known[x] = true end\n' "$(cat "$TMP/lights")"
    printf 'return { act = function(o) return known[o.light] and %s or %s end }' "$1" "$2"
}
policy elsewhere "Good but for the dev seeds." "$(knows 0 2)"
policy dev "Good on the dev seeds." "$(knows 2 0)"
improve elsewhere half elsewhere --set dev=20
verdict "what is worse on dev is not promoted, whatever hidden seeds say" elsewhere \
    'refused: worse on the dev seeds'
improve dev plain dev --set dev=20
verdict "what knows the dev seeds is refused" dev 'refused: it knows the dev seeds'
improve target dev plain --set target=1900 --set dev=20
said "a target that the dev seeds alone reach is not reached" \
    'j["stop_reason"] != "target reached" and j["start_mean"] == 1000 and j["hidden_seeds"] == 20'
improve reached plain bridge --set target=1900 --set simplify=0
said "one that hidden seeds reach is" \
    'j["stop_reason"] == "target reached" and j["best_mean"] == 2000 and j["gain"] == 1000'

# A line of policies: who goes on from what an earlier run promoted counts on.
cp "$TMP/reached/best.lua" "$TMP/best.lua"
improve on best half
improve fresh plain half
[ "$(detail on 1 ordinal) $(detail fresh 1 ordinal)" = "2 1" ]
ok "a run from a promoted policy shares its line's error, a fresh one begins anew" $? \
    "$(detail on 1 ordinal) $(detail fresh 1 ordinal)"

# The best ever is another than the incumbent once one became it by being shorter: then each
# comparison has half of the candidate's share, and who is better is held against both.
policy bulky "The bridge at first." "local unused = { 1, 2, 3, 4 }
$(act 'o.place < 5 and 2 or 0')"
(cd "$TMP" && python3 "$ROOT/tests/tools/make_session.py" two.jsonl half.txt bridge.txt)
improve two bulky two
"$RATCHET" ledger "$TMP/two" --list climb --json >"$TMP/v.json"
[ "$(json "$TMP/v.json" '[r["verdict"] for r in j]')" = "['simpler', 'better']" ]
ok "shorter, then better" $? "$(cat "$TMP/v.json")"
python3 -c "import sys; a, b = map(float, sys.argv[1:])
sys.exit(not (abs(a - (1 - 0.05 / 2)) < 1e-9 and abs(b - (1 - 0.05 / 6 / 2)) < 1e-9))" \
    "$(detail two 1 confidence)" "$(detail two 2 confidence)"
ok "with half of its share for each comparison" $? "$(detail two 2 confidence)"
"$RATCHET" ledger "$TMP/two" --list episodes --json >"$TMP/e.json"
[ "$(json "$TMP/e.json" 'sorted({r["scope"] for r in j if r["scope"].startswith("best")})')" = "['best 2']" ]
ok "and one with the best ever" $? "$(json "$TMP/e.json" 'sorted({r["scope"] for r in j})')"

# Few starts (7) and no chance behind them: each side plays each twice, and what is open is how
# often each occurs.
policy left "Left." "$(act 0)"
policy right "Right." "$(act 1)"
policy most "Right, but for one start." "$(act 'o.seed == 0 and 0 or 1')"
policy chance "Right, and it might draw." 'local m = math
return { act = function() return 1 end }'
few() { # few RUN REPLY
    "$RATCHET" improve broken/whole --plugin "$BUILD/tests/broken.so" --policy "$TMP/left.lua" \
        --model "recorded:$TMP/$2.jsonl" --out "$TMP/$1" --json >"$TMP/out.json" 2>"$TMP/err"
    "$RATCHET" ledger "$TMP/$1" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" '(j[0]["verdict"], j[0]["pairs"], j[0]["low"] == j[0]["high"] == 20, 0 < j[0]["low"] < j[0]["high"] < 20)' \
        >"$TMP/few.txt"
    detail "$1" 1 is_exact >>"$TMP/few.txt"
    tr '\n' ' ' <"$TMP/few.txt"
}
is() { # is NAME WANTED FOUND
    [ "$3" = "$2" ]
    ok "$1" $? "$3; $(cat "$TMP/err")"
}
is "seeds that give few starts need each twice" "('better', 14, True, False) True " "$(few right right)"
is "how often each occurs is counted" "('better', 14, False, True) True " "$(few most most)"
is "a policy that may draw chance gets fresh seeds" "('better', 8, False, False) False " "$(few chance chance)"

# Bad input, each a clear error.
bad() { # bad SETTING PATTERN
    expect "$1" 1 "$2" "$RATCHET" improve falls $plugin --policy "$TMP/plain.lua" \
        --model "recorded:$TMP/half.jsonl" --out "$TMP/bad" --set "$1"
}
bad gate=2 'gate = 2 is out of range; it goes from 8'
bad dev=1 'dev = 1 is out of range; it goes from 2'
bad fault_return=-inf 'fault_return = -inf is out of range'
bad target=nan 'target = nan is out of range'
bad margin=inf 'margin = inf is out of range'
bad tail=-1 'tail = -1 is out of range'
done_testing
