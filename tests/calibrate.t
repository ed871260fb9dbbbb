# calibrate.t - `ratchet calibrate`: what the gate can see in a task, and how often it errs.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

calibrate() { # calibrate NAME [OPTION...]: into $TMP/NAME.json
    name=$1
    shift
    "$RATCHET" calibrate cartpole "$start" --json "$@" >"$TMP/$name.json" 2>"$TMP/err"
    ok "it ends: $name" $? "$(cat "$TMP/err")"
}
is() { # is NAME FILE PYTHON-EXPRESSION
    [ "$(json "$TMP/$2.json" "$3")" = True ]
    ok "$1" $? "$(cat "$TMP/$2.json")"
}
calibrate first
is "fresh episodes are played" first 'j["episodes"] == 100 and abs(100 * j["mean"] - j["steps"]) < 1e-6'
is "the same seeds give the same" first 'j["repeats"] == j["repeated"] == 10'
is "noise is of two returns" first 'abs(j["noise"] - 2 ** 0.5 * j["std"]) < 1e-9 and j["noise"] > 0'
is "the range is to the fault return" first 'j["most_loss"] == j["most_gain"] == j["max"]'
is "the first candidate's error" first 'abs(j["error"] - 0.025) < 1e-12'
is "the task's number of pairs" first 'j["pairs"] == 128'
is "more pairs see less" first '(lambda g: g == sorted(g, reverse=True) and g[0] > 3 * g[-1] > 0)([r["least_gain"] for r in j["least"]])'
is "and cost more, both sides of it" first 'all(abs(r["steps"] - 2 * r["pairs"] * j["mean"]) < 1 for r in j["least"])'
row() { # row NAME: of the table of candidates, as Python
    printf '[r for r in j["rows"] if r["candidate"] == "%s"][0]' "$1"
}
is "itself is not promoted more often than stated" first "$(row itself)['better'] <= 0.025"
is "nor called worse" first "$(row itself)['worse'] <= 0.025"
is "the least gain is found nine times in ten" first "0.8 < $(row better)['better'] <= 1"
is "a loss of as much as well" first "0.8 < $(row worse)['worse'] <= 1"
is "half of it is not" first "$(row 'half as much better')['better'] < 0.3"
is "who earns more but falls is not promoted more often than stated" first \
    "0 < $(row 'better, but falls')['falls'] < 0.2 and $(row 'better, but falls')['better'] <= 0.025"
is "shares are of all" first 'all(abs(r["better"] + r["worse"] + r["unclear"] - 1) < 1e-9 for r in j["rows"])'

odd="$TMP/$(printf 'p\377.lua')"
cp "$start" "$odd"
expect "a policy whose name is no UTF-8 is in JSON" 0 '"policy_sha256"' "$RATCHET" calibrate cartpole \
    "$odd" --json --pairs 8 --episodes 8 --comparisons 20
calibrate late --candidate 50 --pairs 32 --episodes 30 --comparisons 200
is "a late candidate's error" late 'abs(j["error"] - 0.05 / 2550) < 1e-12'
first=$(json "$TMP/first.json" '[r["least_gain"] for r in j["least"] if r["pairs"] == 32][0]')
is "it has to gain more" late "[r['least_gain'] for r in j['least'] if r['pairs'] == 32][0] > 1.5 * $first"
calibrate sure --set confidence=0.5
is "the task's confidence" sure 'abs(j["error"] - 0.25) < 1e-12'
calibrate wide --set fault_return=-1000
is "a fault return makes the range wide" wide 'j["most_loss"] == j["max"] + 1000'
is "and proof dear" wide "j['least'][0]['least_gain'] > 10 * $first"

few() { # few NAME PYTHON-EXPRESSION [OPTION...]
    name=$1 wanted=$2
    shift 2
    "$RATCHET" calibrate falls "$TMP/plain.lua" --plugin "$BUILD/tests/falls.so" --json -n 20 \
        --comparisons 10 "$@" >"$TMP/few.json" 2>"$TMP/err"
    is "$name" few "$wanted"
}
printf 'return { act = function() return 0 end }\n' >"$TMP/plain.lua"
few "few starts are counted" 'j["starts"] == 17' --set starts=17
few "many are not" 'j["starts"] == 0'
few "nor where the same start goes on otherwise" 'j["starts"] == 0' --set starts=17 --set sticky=0.25
expect "as text" 0 '^a pair may lose  11|^itself +0\.[0-9]+ %' "$RATCHET" calibrate cartpole "$start"
expect "what was learned, where no policy is named" 0 'learned.lua against itself, as candidate 1 ' \
    "$RATCHET" calibrate cartpole -n 4 --comparisons 10
printf 'return { act = function() return 1 end }\n' >"$TMP/still.lua"
expect "nothing is known where every return is the fault return" 1 'every return is -200.*fault_return' \
    "$RATCHET" calibrate mountain_car "$TMP/still.lua" -n 4
printf 'return { act = function(o)\n  if o.angle > 0 then error("no") end\n  return 1\nend }\n' >"$TMP/broken.lua"
expect "faults are told" 0 'in 20 episodes, [1-9][0-9]* with faults' \
    "$RATCHET" calibrate cartpole "$TMP/broken.lua" -n 20
printf 'return {' >"$TMP/half.lua"
expect "half a policy" 1 'half.lua' "$RATCHET" calibrate cartpole "$TMP/half.lua"
expect "no such file" 1 'nobody.lua' "$RATCHET" calibrate cartpole "$TMP/nobody.lua"
expect "no such task" 1 'nowhere' "$RATCHET" calibrate nowhere
expect "one episode tells no spread" 2 'takes 2 to' "$RATCHET" calibrate cartpole -n 1
expect "too few pairs" 2 '\-\-pairs takes 8 to' "$RATCHET" calibrate cartpole --pairs 7
expect "there is no candidate 0" 2 '\-\-candidate takes 1 to' "$RATCHET" calibrate cartpole -k 0
expect "no comparisons" 2 '\-\-comparisons takes 1' "$RATCHET" calibrate cartpole --comparisons 0
expect "help" 0 'ratchet calibrate cartpole' "$RATCHET" calibrate --help
done_testing
