# cli.t - what users type wrong, and files that are not what they should be: one clear line
# each, exit status 1 or 2, and nothing lost.
. tests/tap.sh
follow=policies/breakout/follow.lua

cat >"$TMP/syntax.lua" <<'LUA'
return { act = function(obs) return end end }
LUA
echo 'return 7' >"$TMP/number.lua"
echo 'return { act = function() return "2" end }' >"$TMP/text-action.lua"
echo 'return { act = function() return 1.5 end }' >"$TMP/half-action.lua"
echo 'return { act = function() return 0/0 end }' >"$TMP/nan-action.lua"
echo 'return { act = function() return 1, 2 end }' >"$TMP/two-actions.lua"
echo 'return { act = function() while true do end end }' >"$TMP/loop.lua"
echo 'return { act = function() error("so sad") end }' >"$TMP/error.lua"
echo 'return { act = function() local t = {} for i = 1, 1e9 do t[i] = {} end end }' >"$TMP/hoard.lua"
echo '{"env": "cartpole", "frame_skips": 4}' >"$TMP/unknown-key.json"
echo '{"env": "cartpole", "frame_skip": "4"}' >"$TMP/text-for-number.json"
echo '{"env": "cartpole", "splits": {"dev": 0}}' >"$TMP/no-seeds.json"
echo '{"env": "cartpole", }' >"$TMP/broken.json"

expect "version" 0 '^ratchet [0-9]' "$RATCHET" --version
expect "help" 0 'ratchet COMMAND --help' "$RATCHET" --help
expect "help names where runs lie" 0 'RATCHET_HOME' "$RATCHET" --help
expect "an unknown key tells where keys are explained" 1 'and `ratchet task`\)' \
    "$RATCHET" task breakout --set speed=2
expect "which it does" 0 '^  gate_most ' "$RATCHET" task
expect "no command" 2 'Usage' "$RATCHET"
expect "unknown command" 2 'juggle: no such command' "$RATCHET" juggle
expect "unknown option" 2 '--frobnicate' "$RATCHET" run --frobnicate
expect "missing argument" 2 'run: ENV.TASK.json POLICY.lua expected, and only 1' "$RATCHET" run breakout
expect "missing arguments" 2 'run: ENV.TASK.json POLICY.lua expected;' "$RATCHET" run
expect "a provider that there is not" 2 'nope: no such provider; there are openai' \
    "$RATCHET" improve cartpole --model nope --out "$TMP/nope"
[ ! -e "$TMP/nope" ] && [ ! -e "$TMP/logs/ledger.sqlite" ]
ok "makes nothing" $? "$(ls "$TMP" "$TMP/logs" 2>&1)"
for command in run improve ledger; do
    n=$("$RATCHET" $command --help | grep -c -- '-h, --help')
    ok "$command --help lists -h, --help once" "$([ "$n" -eq 1 ]; echo $?)" "$n times"
    wide=$("$RATCHET" $command --help | awk 'length($0) > 100')
    ok "$command --help fits into 100 columns" "$([ -z "$wide" ]; echo $?)" "$wide"
done
expect "one argument too many" 2 'one argument too many' "$RATCHET" run breakout a b
# A fault's text has a bound, and what is cut says so.
echo 'return { act = function() error(("so sad "):rep(200), 0) end }' >"$TMP/long-error.lua"
"$RATCHET" run cartpole "$TMP/long-error.lua" -n 1 >"$TMP/long.txt" 2>&1
grep -q 'so sad so s\.\.\.' "$TMP/long.txt"
ok "a long error is marked as cut" $? "$(cat "$TMP/long.txt")"
# What is named by nothing is nowhere: no task, file, folder or policy is called "".
follow_run="breakout $follow -n 1"
for row in "run '' $follow" "run breakout ''" "run $follow_run --record ''" \
    "run $follow_run --plugin ''" "run $follow_run --engine ''" "improve '' --model search" \
    "improve breakout --policy '' --model search" "improve breakout --model ''" \
    "improve cartpole --model search --out ''" "improve --resume --out ''" \
    "improve --resume ''" "improve cartpole --model search --session ''" \
    "improve cartpole --model search --record ''" "mcp ''" "mcp breakout --policy ''" \
    "mcp breakout --out ''" "mcp --resume --out ''" "mcp breakout --install ''" "test ''" \
    "test breakout --policy ''" "test breakout --cases ''" "test breakout --junit ''" \
    "test breakout --replays ''" "test breakout --retire '' --reason old" "freeze ''" \
    "audit ''" "show ''" "replay ''" "replay x --gif ''" "replay x --png 0 -o ''" "view ''" \
    "view x ''" "view --export ''" "play ''" "play breakout --record ''" "ledger ''" \
    "ledger export '' x" "ledger export x ''" "ledger --plot ''" "report ''" \
    "report x -o ''" "sessions ''" "sessions pause ''" "sessions resume ''" \
    "sessions fork '' a" "sessions fork a ''" "sessions fork a b --out ''" \
    "sessions rename '' a" "sessions rename a ''" "reproduce ''" "nightly ''" \
    "nightly x --install ''" "dream ''" "dream --lib ''" "envs ''" "task ''" "bridge ''" \
    "sweep ''" "sweep atari57 --out ''" "sweep atari57 --policy ''" "results ''" \
    "results --policies ''" "compare ''" "compare cartpole --models ''" \
    "compare cartpole --models search --out ''" "calibrate ''" "calibrate cartpole ''" \
    "tool ''" "tool run_episodes --policy ''"; do
    eval "set -- $row"
    expect "nothing is no name: $row" 2 'is empty' timeout 20 "$RATCHET" "$@"
done
[ ! -e "$TMP/logs" ]
ok "and nothing is begun" $?
# A seed has 64 bits, whoever takes it.
for seed in 18446744073709551616 -1 12x 0x10 1e3 '' ' 7' +7; do
    expect "run: seed \"$seed\"" 2 'seed takes 0 to 18446744073709551615, not' \
        "$RATCHET" run breakout $follow -n 1 "--seed=$seed"
    expect "improve: seed \"$seed\"" 2 'seed takes 0 to 18446744073709551615, not' \
        "$RATCHET" improve breakout --model search "--seed=$seed" --out "$TMP/never"
    expect "play: seed \"$seed\"" 2 'seed takes 0 to 18446744073709551615, not' \
        "$RATCHET" play breakout "--seed=$seed"
done
expect "run: the last seed" 0 '^18446744073709551615 ' "$RATCHET" run cartpole \
    policies/cartpole/start.lua -n 1 --seed 18446744073709551615
expect "run: no seed behind the last" 2 'there are no 2 seeds from 18446744073709551615 on' \
    "$RATCHET" run cartpole policies/cartpole/start.lua -n 2 --seed 18446744073709551615
expect "run: as JSON, too" 0 '"seed": "18446744073709551615"' "$RATCHET" run cartpole \
    policies/cartpole/start.lua -n 1 --seed 18446744073709551615 --json
expect "unknown environment" 1 'tennis: no such environment; there are: breakout' \
    "$RATCHET" run tennis $follow
expect "missing policy" 1 'nowhere.lua: cannot be read: No such file' "$RATCHET" run breakout nowhere.lua
expect "policy is a folder" 1 'policies: ' "$RATCHET" run breakout policies
expect "syntax error, with its line" 1 "syntax.lua:1:.*'end'" \
    "$RATCHET" run breakout "$TMP/syntax.lua"
expect "not a policy" 1 'returns a table' "$RATCHET" run breakout "$TMP/number.lua"
expect "no such option value" 1 'end.*clear.*rom' \
    "$RATCHET" run breakout $follow --set end=never
expect "no such key" 1 'neither breakout nor a task has "speed"' \
    "$RATCHET" run breakout $follow --set speed=3
expect "a word for a number" 1 'not a number' \
    "$RATCHET" run breakout $follow --set frame_skip=four
expect "out of range" 1 'out of range' "$RATCHET" run breakout $follow --set sticky=2
expect "no ram" 1 'no ram' "$RATCHET" run cartpole $follow --set observation=ram
expect "bad episode count" 2 'episodes' "$RATCHET" run breakout $follow -n 0
expect "bad plug-in" 1 'plug-in' "$RATCHET" run walk $follow --plugin Makefile
for row in text-action:string half-action:1.5 nan-action:nan two-actions:'2 values' \
    loop:'used up its 200000 instructions' error:'so sad' hoard:'memory|instructions'; do
    expect "a policy's fault is a result: ${row%%:*}" 1 "${row#*:}" \
        "$RATCHET" run cartpole "$TMP/${row%%:*}.lua" -n 2
done
expect "unknown key of a task" 1 'unknown key "frame_skips"' \
    "$RATCHET" task "$TMP/unknown-key.json"
expect "mistyped key of a task" 1 '"frame_skip" must be a number' \
    "$RATCHET" task "$TMP/text-for-number.json"
expect "out of range in a task" 1 'dev = 0 is out of range' "$RATCHET" task "$TMP/no-seeds.json"
expect "broken JSON" 1 'broken.json: line 1' "$RATCHET" task "$TMP/broken.json"

# Replays.
"$RATCHET" run cartpole policies/cartpole/start.lua -n 1 --record "$TMP/r" >/dev/null
replay=$TMP/r/cartpole-0.replay
expect "a replay is verified" 0 '"verified": true' "$RATCHET" replay "$replay" --json
head -c 100 "$replay" >"$TMP/short.replay"
expect "a replay cut short" 1 'short.replay' "$RATCHET" replay "$TMP/short.replay"
python3 - "$replay" "$TMP/flip.replay" <<'PY'
import sys
b = bytearray(open(sys.argv[1], 'rb').read())
b[len(b) // 2] ^= 1
open(sys.argv[2], 'wb').write(b)
PY
expect "a flipped bit" 1 'flip.replay' "$RATCHET" replay "$TMP/flip.replay"
expect "not a replay" 1 'Makefile' "$RATCHET" replay Makefile

# The ledger, a full disk, a folder that cannot be written.
expect "no ledger yet" 1 'there is no ledger yet' "$RATCHET" ledger
mkdir -p "$TMP/logs"
head -c 5000 /dev/urandom >"$TMP/logs/ledger.sqlite"
cp "$TMP/logs/ledger.sqlite" "$TMP/before"
expect "a corrupt ledger" 1 'not a ledger' "$RATCHET" ledger
expect "a corrupt ledger stops a run" 1 'not a ledger' "$RATCHET" improve cartpole --model search
cmp -s "$TMP/before" "$TMP/logs/ledger.sqlite"
ok "and is left as it was" $?
rm "$TMP/logs/ledger.sqlite"
echo file >"$TMP/notafolder"
RATCHET_HOME=$TMP/notafolder expect "an unwritable logs/" 1 'cannot make this folder' \
    "$RATCHET" improve cartpole --model search
if [ -w /dev/full ]; then
    "$RATCHET" envs >/dev/full 2>"$TMP/err"
    [ $? -eq 1 ] && grep -q 'cannot write' "$TMP/err"
    ok "a full disk under stdout" $?
fi

# Models.
expect "no such provider" 2 'oracle' "$RATCHET" improve cartpole --model oracle:x
expect "no API key" 1 'OPENAI_API_KEY' "$RATCHET" improve cartpole --model openai:some
expect "no recorded session" 1 'nowhere.jsonl' \
    "$RATCHET" improve cartpole --model recorded:nowhere.jsonl
echo garbage >"$TMP/garbage.jsonl"
expect "a session that is none" 1 'garbage.jsonl' \
    "$RATCHET" improve cartpole --model "recorded:$TMP/garbage.jsonl"
expect "nothing to resume" 1 'no run to go on with' \
    "$RATCHET" improve --resume --out "$TMP/none"
for row in 'improve --max-minutes=nan' 'improve --max-minutes=-1' 'improve --max-usd=inf' \
    'improve --max-usd=-0.5' 'improve --max-tokens=-1' 'improve --max-calls=-2' \
    'improve --agent-minutes=nan' 'mcp --minutes=nan' 'compare --max-minutes=-inf'; do
    expect "${row#* }: a bound that is none" 2 'takes 0 or more' \
        "$RATCHET" ${row% *} cartpole ${row#* }
done
# Numbers pass one door: the whole text is one, finite and in range, or it is none.
for row in 'sessions pause x --wait=nan' 'sessions pause x --wait=1e999' \
    'sessions pause x --wait=1s' 'sessions pause x --wait=' 'prune --mib=inf' \
    'prune --mib=0x10' 'improve cartpole --max-usd=1e999' 'improve cartpole --max-usd=1,5' \
    'improve cartpole --iterations=nan' 'improve cartpole --iterations=3x' \
    'improve cartpole --iterations=99999999999' 'improve cartpole --iterations=' \
    'improve cartpole --iterations=-1' 'improve cartpole --max-tokens=1e3' \
    'improve cartpole --max-calls=9223372036854775808' 'mcp cartpole --minutes=1e999' \
    'mcp cartpole --iterations=010x' 'run cartpole x -n 1e1' 'run cartpole x -n inf' \
    'run cartpole x -n 0x2' 'run cartpole x --jobs=-1' 'run cartpole x --late=nan' \
    'run cartpole x --shards=1.5' 'view --at=nan' 'view --at=9223372036854775808' \
    'dream --max-tokens=nan' 'dream --repeats=2x' 'compare cartpole --max-steps=inf' \
    'compare cartpole --seeds=1e999' 'sweep atari57 --repeats=nan' 'results --episodes=4x' \
    'calibrate cartpole --pairs=inf' 'report --failures=nan' 'replay x --panels=3x' \
    'replay x --scale=inf'; do
    expect "no number: $row" 2 'takes' timeout 20 "$RATCHET" $row
done
# The same door behind it: steps of a replay, keys of a task, options of search, iterations.
for row in 'nan' 'inf' '3x' '' ' 3' '0x3' '99999999999999999999'; do
    expect "replay: step \"$row\"" 1 'takes the number of a step' \
        "$RATCHET" replay "$replay" --png "$row" -o "$TMP/no.png"
    expect "shard: \"$row\"" 2 'not the number of a shard|is empty' \
        "$RATCHET" shard "$TMP" "$row"
done
for row in confidence=nan margin=inf margin=1e999 target=1e999 target=-inf target=nan tail=0x10 \
    'tail= 3' steps=1e999 frame_skip=010x minutes=nan usd=3eur max_frames=; do
    expect "--set $row: no number" 1 'is not a number|is out of range' \
        "$RATCHET" run breakout $follow -n 1 --set "$row"
done
expect "--set target=inf: no bound" 0 . "$RATCHET" run cartpole policies/cartpole/start.lua \
    -n 1 --set target=inf
expect "-n 010 is ten" 0 '^ +9 ' "$RATCHET" run cartpole policies/cartpole/start.lua -n 010
for row in sigma=nan sigma=1e999 seeds=4x 'seeds= 4' popsize=0x8; do
    expect "search:$row: no number" 1 'it must be' \
        "$RATCHET" improve cartpole --model "search:$row"
done
for row in 1e999 -1e999 NaN Infinity 99999999999999999999; do
    printf '{"env": "cartpole", "target": %s}' "$row" >"$TMP/number.json"
    expect "a task's number: $row" 1 'number.json' "$RATCHET" task "$TMP/number.json"
    printf '{"tasks": [{"task": "cartpole", "budget": {"minutes": %s}}]}' "$row" \
        >"$TMP/night.json"
    expect "a night's number: $row" 2 'night.json' "$RATCHET" nightly "$TMP/night.json"
done
printf '{"tasks": [{"task": "cartpole", "budget": {"iterations": 1e300}}]}' >"$TMP/night.json"
expect "a night's number: 1e300 iterations" 2 'iterations' \
    "$RATCHET" nightly "$TMP/night.json"
expect "search without parameters" 1 'params' \
    "$RATCHET" improve breakout --policy $follow --model search
"$RATCHET" show "$ROOT/policies/breakout/follow.lua" --json >"$TMP/show.json" 2>"$TMP/err"
[ "$(json "$TMP/show.json" 'j["measures"]["tokens"] > 0 and len(j["policy"]) == 64')" = True ]
ok "a command without a state of its own has its options" $? "$(head -c 300 "$TMP/show.json" "$TMP/err")"
done_testing
