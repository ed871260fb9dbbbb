# gate.t - whole runs of `ratchet improve` where a candidate earns more nearly always and falls
# rarely (tests/plugin/falls.c): it is not promoted, and one that is truly better is. Replies are
# recorded. FALSE_RUNS and TRUE_RUNS do more (make soak: 40 and 10). The gate may err in 2.5 % of
# first candidates, so that fresh salts would fail now and then: those here are the hashes of
# SALTS and the run's number.
. tests/tap.sh
false_runs=${FALSE_RUNS:-4}
true_runs=${TRUE_RUNS:-1}
salts=${SALTS:-gate.t}

way() { # way NUMBER SENTENCE: a policy that goes this way
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s\nend }\n```\n' "$2" "$1"
}
printf 'return { act = function() return 0 end }\n' >"$TMP/start.lua"
way 1 "Take the ledge: it earns more." >"$TMP/ledge.txt"
way 2 "Take the bridge." >"$TMP/bridge.txt"
python3 tests/tools/make_session.py "$TMP/ledge.jsonl" "$TMP/ledge.txt"
python3 tests/tools/make_session.py "$TMP/both.jsonl" "$TMP/ledge.txt" "$TMP/bridge.txt"

n=0
improve() { # improve SESSION [OPTION...]: into $TMP/run-N, its last object into $TMP/out.json
    n=$((n + 1))
    session=$TMP/$1.jsonl
    shift
    mkdir -m 700 "$TMP/run-$n"
    (umask 077 && printf '%s %d' "$salts" "$n" | sha256sum | cut -c1-64 | tr -d '\n' >"$TMP/run-$n/salt")
    "$RATCHET" improve falls --plugin "$BUILD/tests/falls.so" --policy "$TMP/start.lua" \
        --model "recorded:$session" --out "$TMP/run-$n" --json "$@" >"$TMP/out.json" 2>"$TMP/err"
}
verdicts() {
    "$RATCHET" ledger "$TMP/run-$n" --list climb --json >"$TMP/climb.json"
    json "$TMP/climb.json" '" ".join(r["verdict"] for r in j)'
}

# The mean is 210 lower with a depth of -2000, 55 lower with -450. Where the fault return is 0
# the task does not tell how deep one falls; with 4 dev seeds nobody may have seen it.
i=0
while [ "$i" -lt "$false_runs" ]; do
    case $((i % 4)) in
    0) set -- --set depth=-2000 ;;
    1) set -- --set depth=-450 ;;
    2) set -- --set depth=-2000 --set fault_return=0 --set dev=4 ;;
    3) set -- --set depth=-450 --set fault_return=0 --set dev=4 ;;
    esac
    i=$((i + 1))
    improve ledge "$@"
    ok "run $i ends: $*" $? "$(cat "$TMP/err")"
    [ "$(json "$TMP/out.json" 'j["promotions"]')" = 0 ]
    ok "the ledge is not promoted: $*" $? "$(verdicts)"
done
i=0
while [ "$i" -lt "$true_runs" ]; do
    i=$((i + 1))
    improve both
    ok "run $i of both ends" $? "$(cat "$TMP/err")"
    [ "$(json "$TMP/out.json" 'j["promotions"]')" = 1 ] && grep -q 'return 2' "$TMP/run-$n/best.lua"
    ok "the bridge is promoted, the ledge is not" $? "$(verdicts)"
done

# Few starts: in half of the episodes the ledge loses 300, from 16 rarer starts it gains 100, a
# mean of -100 over the episodes and of +76 over the starts. All of them are counted.
improve both --set starts=17 --set depth=700
ok "a run with few starts ends" $? "$(cat "$TMP/err")"
[ "$(verdicts)" = "worse better" ]
ok "starts weigh as often as they occur" $? "$(verdicts)"
json "$TMP/climb.json" '[r["why"] for r in j]' >"$TMP/why"
grep -q 'all starts that seeds give' "$TMP/why"
ok "and it is said that they are all there are" $? "$(cat "$TMP/why")"
[ "$(json "$TMP/climb.json" 'all(r["low"] + 10 < r["high"] < -50 for r in j[:1]) and all(r["low"] == r["high"] == 200 for r in j[1:])')" = True ]
ok "with the interval of their counts" $? "$(json "$TMP/climb.json" '[(r["low"], r["high"]) for r in j]')"
done_testing
