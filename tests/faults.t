# faults.t - faults never pay: a policy that breaks where the current one does not is refused,
# and no return of a broken episode is better than that of a whole one.
. tests/tap.sh

verdict() { # verdict NAME DIR PATTERN: of iteration 1
    "$RATCHET" ledger "$TMP/$2" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" "[r['verdict'] + ': ' + r['why'] for r in j if r['iteration'] == 1]" \
        >"$TMP/v.txt"
    grep -Eq "$3" "$TMP/v.txt"
    ok "$1" $? "$(cat "$TMP/v.txt" "$TMP/out.txt")"
}
says() { # says NAME PATTERN COMMAND...: whatever its status
    name=$1 pattern=$2
    shift 2
    "$@" >"$TMP/says.txt" 2>&1
    grep -Eq "$pattern" "$TMP/says.txt"
    ok "$name" $? "$(cat "$TMP/says.txt")"
}
improve() { # improve DIR ENV START CANDIDATE MORE...: one iteration, the candidate its reply
    dir=$1 env=$2 start=$3
    { printf 'Another way.\n\n```lua\n'; cat "$4"; printf '```\n'; } >"$TMP/reply.txt"
    shift 4
    python3 tests/tools/make_session.py "$TMP/$dir.jsonl" "$TMP/reply.txt"
    "$RATCHET" improve "$env" --policy "$start" --model "recorded:$TMP/$dir.jsonl" \
        --out "$TMP/$dir" "$@" >"$TMP/out.txt" 2>&1
}

# cartpole, where a fault keeps what was earned: a policy that balances and then breaks.
echo 'return { act = function(o) return o.angle > 0 and 1 or 0 end }' >"$TMP/lean.lua"
balance='o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0'
echo "return { act = function(o)
  if o.position > 0.3 then error('no') end return $balance end }" >"$TMP/error.lua"
echo "return { act = function(o)
  if o.position > 0.3 then return 7 end return $balance end }" >"$TMP/action.lua"
improve error cartpole "$TMP/lean.lua" "$TMP/error.lua" --set dev=10 --set gate=32
verdict "an error after earning more: refused" error \
    'refused: dev seed [0-9]+: the policy raised an error.*where the current policy does not break'
improve action cartpole "$TMP/lean.lua" "$TMP/action.lua" --set dev=10 --set gate=32
verdict "a bad action after earning more: refused" action \
    'refused: dev seed [0-9]+: the policy returned something that is not an action'

# On hidden seeds alone: it knows its two dev seeds' starts, and breaks late elsewhere.
for i in 0 1; do
    seed=$(python3 -c "import hashlib
print(int(hashlib.sha256(b'ratchet dev\ncartpole\n\n$i\n').hexdigest()[:16], 16) >> 2)")
    echo 'return { act = function(o) error(string.format("<%.17g>", o.position)) end }' >"$TMP/p.lua"
    "$RATCHET" run cartpole "$TMP/p.lua" -n 1 --seed "$seed" | grep -o '<[^>]*>' | head -1
done | tr -d '<>' | tr '\n' ',' >"$TMP/starts"
echo "local known, first, mine, n = {}, true, false, 0
for _, x in ipairs({ $(cat "$TMP/starts") }) do known[x] = true end
return { reset = function() first, n = true, 0 end, act = function(o)
  if first then mine, first = known[o.position], false end
  n = n + 1
  if not mine and n > 400 then error('no') end
  return $balance end }" >"$TMP/late.lua"
improve late cartpole "$TMP/lean.lua" "$TMP/late.lua" --set dev=2 --set gate=32
verdict "an error on hidden seeds alone: refused" late \
    'refused: [0-9]+ hidden episodes end in a fault .*where the current policy'"'"'s do not'

# Whoever breaks already may break again, and be better.
echo "return { act = function(o)
  if o.position > 0.02 then error('no') end return $balance end }" >"$TMP/soon.lua"
echo "return { act = function(o)
  if o.position > 0.02 and o.angle > 0.02 then error('no') end return $balance end }" \
    >"$TMP/later.lua"
improve both cartpole "$TMP/error.lua" "$TMP/soon.lua" --set dev=10 --set gate=32
verdict "breaking sooner in the same places is no gain" both '(worse|refused): '
echo 'return { act = function() error("no") end }' >"$TMP/boom.lua"

# In a case's episodes alone. With sticky actions a case has eight courses, six of which must hold:
# one that breaks in two of them, where the current policy breaks in none, passes the case, and is
# refused all the same. It knows the case's start, and breaks where two courses come to.
{ printf 'Balance.\n\n```lua\n'; echo "return { act = function(o) return $balance end }"; printf '```\n'; } \
    >"$TMP/balance.txt"
python3 tests/tools/make_session.py "$TMP/balance.jsonl" "$TMP/balance.txt"
cases() { # cases DIR SESSION
    "$RATCHET" improve cartpole --policy "$TMP/lean.lua" --model "recorded:$TMP/$2.jsonl" \
        --out "$TMP/$1" --set dev=10 --set gate=32 --set sticky=0.1 >"$TMP/out.txt" 2>&1
}
cases cut balance
seed=$(json "$TMP/cut/cases/case-001.json" 'j["seed"]')
start=$("$RATCHET" run cartpole "$TMP/p.lua" -n 1 --seed "$seed" --set sticky=0.1 2>&1 |
    grep -o '<[^>]*>' | head -1 | tr -d '<>')
breaks() { # breaks NAME ANGLE: in that case's courses that lean so far in step 24
    echo "local n, here = 0, false
return { reset = function() n = 0 end, act = function(o)
  n = n + 1
  if n == 1 then here = o.position == $start end
  if here and n == 24 and o.angle > $2 then error('no') end
  return $balance end }" >"$TMP/$1.lua"
    { printf 'Break there.\n\n```lua\n'; cat "$TMP/$1.lua"; printf '```\n'; } >"$TMP/$1.txt"
    python3 tests/tools/make_session.py "$TMP/$1.jsonl" "$TMP/balance.txt" "$TMP/$1.txt"
}
second() { # second NAME DIR PATTERN: the verdict of iteration 2
    "$RATCHET" ledger "$TMP/$2" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" "[r['verdict'] + ': ' + r['why'] for r in j if r['iteration'] == 2]" >"$TMP/v.txt"
    grep -Eq "$3" "$TMP/v.txt"
    ok "$1" $? "$(cat "$TMP/v.txt" "$TMP/out.txt")"
}
breaks two 0
expect "two broken courses of eight pass the case" 0 'ok 1 - case-001.*\(6 held\)' \
    "$RATCHET" test cartpole --policy "$TMP/two.lua" --cases "$TMP/cut/cases"
cases two two
second "but they are refused: the current policy breaks in none" two \
    'refused: breaks in 2 of the 8 courses of case-001, more than the current policy'
breaks none 1
cases none none
second "the same that breaks in none is not" none '^\[.(better|unchanged|unclear|worse|simpler): '

# What an environment breaks is its own fault: said so, no score, nothing that is not finite.
broken=$BUILD/tests/broken.so
echo 'return { act = function(o) return 1 end }' >"$TMP/right.lua"
for row in 'reward_nan|the reward of step 5 is not finite|8' \
    'reward_inf|the reward of step 5 is not finite|8' \
    'overflow|the return after step 2 is not finite|1e308' \
    'reset_nan|field "at" of the observation at reset is not finite|0' \
    'obs_nan|field "at" of the observation after step 5 is not finite|10' \
    'obs_inf|field "at" of the observation after step 5 is not finite|10' \
    'negative|the reward of step 5 is below 0.*fault_return|8'; do
    IFS='|' read -r id why earned <<R
$row
R
    for mode in "" --outside; do
        "$RATCHET" run broken/$id "$TMP/right.lua" -n 2 --plugin "$broken" --json $mode \
            >"$TMP/run.json" 2>"$TMP/run.err"
        found=$(json "$TMP/run.json" '" ".join("%s %s %s %.4g %d %s" % tuple(e[k] for k in ("fault",
            "return", "verified", "earned", "tries", "error")) for e in j["episodes"]) + (
            " mean %s" % j["mean"])' 2>&1)
        echo "$found" | grep -Eq "^environment None False $(printf %.4g "$earned" | sed 's/+/\\+/') 2 .*$why.* mean None\$"
        ok "$id ${mode:-inside}: the environment's fault, and no score" $? "$found"
    done
done
says "in a table, a dash" '^     0           -  ' \
    "$RATCHET" run broken/reward_nan "$TMP/right.lua" -n 1 --plugin "$broken"
says "which says whose fault it is and what was earned" \
    "^.twice: not the policy's fault; it had earned 8," \
    "$RATCHET" run broken/reward_nan "$TMP/right.lua" -n 1 --plugin "$broken"
expect "the same environment that keeps its promises" 0 'mean 40 .* 0 with faults' \
    "$RATCHET" run broken/whole "$TMP/right.lua" -n 3 --plugin "$broken"
expect "what may be below 0 is said by the task, too" 0 'mean 37 .* 0 with faults' \
    "$RATCHET" run broken/negative "$TMP/right.lua" -n 3 --plugin "$broken" --set fault_return=-20

# In a run: what it can be compared with must be whole, and a candidate is not ranked by it.
echo 'return { act = function(o) return 0 end }' >"$TMP/left.lua"
says "an environment whose reset gives a NaN ends a run by name" \
    'broken/reset_nan: dev seed 0: the environment failed, twice.*field "at" of the observation at reset' \
    "$RATCHET" improve broken/reset_nan --policy "$TMP/left.lua" --plugin "$broken" \
    --model "recorded:$TMP/late.jsonl" --out "$TMP/reset" --set dev=4 --set gate=16
improve void broken/right_nan "$TMP/left.lua" "$TMP/right.lua" --plugin "$broken" \
    --set dev=4 --set gate=16
verdict "a candidate that the environment broke is unclear, and keeps what it had earned" void \
    "unclear: dev seed 0: the environment failed, twice, which is not the policy's fault .it had earned 8."
[ "$(json "$TMP/v.json" '[r["dev_after"] for r in j if r["iteration"] == 1]')" = "[None]" ]
ok "without a mean" $? "$(cat "$TMP/v.json")"

# The worst known return is of an episode of the usual length: a longer one may lose more.
says "a fault in longer episodes scores less" '^mean -1000 ' \
    "$RATCHET" run mountain_car "$TMP/boom.lua" -n 2 --set max_frames=1000

# One door for numbers: json_finite, which knows null. json_real and "f" of json_pack give nothing
# for what is not finite, and then a whole object or a column is gone.
doors=$(python3 - <<'P'
import pathlib
import re
for path in sorted(p for d in ("envs", "runner", "sandbox") for p in pathlib.Path(d).rglob("*.[ch]")):
    text = path.read_text()
    if path.name != "json.c" and re.search(r"\bjson_real(_set)?\(", text):
        print(path, "json_real")
    for call in re.finditer(r'\bjson_v?pack(?:_ex)?\(((?:[^";]|\n)*?)((?:"[^"]*"\s*)+)', text):
        if "f" in "".join(re.findall(r'"([^"]*)"', call.group(2))):
            print(path, call.group(2))
P
)
[ -z "$doors" ]
ok "every number goes to JSON through json_finite" $? "$doors"
done_testing
