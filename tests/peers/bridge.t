# bridge.t - ale-py and Gymnasium through the bridge: installed, listed, played, saved, killed,
# stopped, fed with garbage. What the bridge does without Python is in test_bridge.c.
. tests/tap.sh
. tests/peers/bridge.sh

# Without Python, and without the packages.
expect "nothing installed: the remedy" 1 'run `ratchet bridge install`' \
    env RATCHET_BRIDGE="$TMP/none" "$RATCHET" bridge check
expect "nothing installed: an environment" 1 'run `ratchet bridge install`' \
    env RATCHET_BRIDGE="$TMP/none" "$RATCHET" envs ale/pong
expect "no python3: the remedy" 1 'apt-get install python3' \
    env RATCHET_BRIDGE="$TMP/none" PATH="$TMP" "$RATCHET" bridge install
mkdir -p "$TMP/bin"
printf '#!/bin/sh\ncase "$*" in *ensurepip*) exit 1;; esac\nexit 0\n' >"$TMP/bin/python3"
chmod +x "$TMP/bin/python3"
expect "no venv: the remedy" 1 'apt-get install python3-venv' \
    env RATCHET_BRIDGE="$TMP/none" PATH="$TMP/bin:/usr/bin:/bin" "$RATCHET" bridge install
mkdir -p "$TMP/mine" && touch "$TMP/mine/file"
expect "a folder of somebody else's is not taken" 1 'holds something else' \
    env RATCHET_BRIDGE="$TMP/mine" "$RATCHET" bridge install
expect "and not removed" 1 'it stays' env RATCHET_BRIDGE="$TMP/mine" "$RATCHET" bridge remove
expect "wrong usage" 2 'install, check or remove' "$RATCHET" bridge fly

bridge_ready || { done_testing; exit; }
expect "checked" 0 'ale_py 0.12.1' "$RATCHET" bridge check
expect "checked, as JSON" 0 '"gymnasium": "1.4.0"' "$RATCHET" bridge check --json
expect "Atari games are listed" 0 '^ale/montezuma_revenge' "$RATCHET" envs
expect "Gymnasium's are listed" 0 '^gym/CartPole-v1' "$RATCHET" envs
expect "described: ale/pong" 0 'observation=ram +128 bytes' "$RATCHET" envs ale/pong
expect "described: gym/Pendulum-v1" 0 '-2 to 2' "$RATCHET" envs gym/Pendulum-v1
expect "Tuple and Discrete" 0 'obs_2 +0 to 1' "$RATCHET" envs gym/Blackjack-v1
expect "a game for two players" 1 '"combat" is for two' "$RATCHET" envs ale/combat
expect "no such game" 1 'has no game "ping"' "$RATCHET" envs ale/ping
expect "no such Gymnasium environment" 1 'doesn.t exist|not found|No registered' \
    "$RATCHET" envs gym/Nothing-v1
expect "no code is loaded by a name" 1 'not the name' "$RATCHET" envs gym/os:system-v1

cat >"$TMP/random.lua" <<'LUA'
local info
return {
  reset = function(i) info = i end,
  act = function() return math.random(0, 3) end,
}
LUA
cat >"$TMP/pole.lua" <<'LUA'
return { act = function(o) return o.obs[3] + 0.5 * o.obs[4] > 0 and 1 or 0 end }
LUA
cat >"$TMP/swing.lua" <<'LUA'
return { act = function(o) return { o.obs[3] > 0 and 1.5 or -1.5 } end }
LUA
cat >"$TMP/ball.lua" <<'LUA'
return { act = function(o)
  if o.ball_y == 0 then return 1 end
  local d = o.ball_y - o.player_y - 8
  return d > 3 and 3 or d < -3 and 2 or 0
end }
LUA

run() { "$RATCHET" run "$@" --json >"$TMP/out.json" 2>"$TMP/err.log"; }
says() { # says NAME PYTHON-EXPRESSION over j
    [ "$(json "$TMP/out.json" "$2" 2>&1)" = True ]
    ok "$1" $? "$(head -c 600 "$TMP/err.log" "$TMP/out.json")"
}

run gym/CartPole-v1 "$TMP/pole.lua" --episodes 3
says "gym/CartPole-v1: the pole stands" 'j["mean"] == 500 and j["verified"] == 3'
run gym/Pendulum-v1 "$TMP/swing.lua" --episodes 1
says "gym/Pendulum-v1: a Box action" 'j["episodes"][0]["steps"] == 200'
run ale/pong "$TMP/ball.lua" --episodes 1 --set max_frames=20000
says "ale/pong: a game on features" 'j["verified"] == 1 and j["mean"] > 0'
json "$TMP/out.json" '"# ale/pong, paddle behind the ball: %g" % j["mean"]'
for what in ram frame; do
    run ale/pong "$TMP/random.lua" --episodes 2 --set observation=$what --set max_frames=500
    says "ale/pong: observation=$what" 'j["verified"] == 2'
done
run ale/pong "$TMP/random.lua" --episodes 1 --set mode=77
grep -q 'mode: "77" is none of 0, 1' "$TMP/err.log"
ok "a mode that the game lacks is refused" $? "$(cat "$TMP/err.log")"
run gym/CartPole-v1 "$TMP/pole.lua" --episodes 1 --set 'kwargs={"sutton_barto_reward": true}'
says "kwargs reach gymnasium.make" 'j["mean"] == 0'

# The same bits, in any number of lanes.
for jobs in 1 2; do
    run ale/breakout "$TMP/random.lua" --episodes 6 --jobs $jobs --set preset=v5 --record "$TMP/r$jobs"
    json "$TMP/out.json" '[e["trajectory"] for e in j["episodes"]]' >"$TMP/hashes$jobs"
done
cmp -s "$TMP/hashes1" "$TMP/hashes2"
ok "ale/breakout: the same trajectories again, in one lane and in two" $?
expect "a replay is verified in a bridge of its own" 0 '"verified": true' \
    "$RATCHET" replay "$TMP/r1/ale_breakout-3.replay" --json
expect "and shown from the middle" 0 '' \
    "$RATCHET" replay "$TMP/r1/ale_breakout-3.replay" --png 100 --output "$TMP/frame.png"

mkdir -p "$BRIDGE_BIN"
cc -std=c11 -D_GNU_SOURCE -O2 -I. -o "$BRIDGE_BIN/bridge_save" tests/peers/bridge_save.c \
    "$BUILD/libratchet.a" -rdynamic $(bridge_libs) >"$TMP/cc.log" 2>&1
ok "the save test is built" $? "$(tail -3 "$TMP/cc.log")"
for game in pong breakout space_invaders montezuma_revenge; do
    expect "ale/$game: saved, loaded, the same" 0 'the same after' "$BRIDGE_BIN/bridge_save" ale/$game
done

# A bridge that is lost in mid-episode. Its process is ratchet's child.
child_of() { # child_of PID PROGRAM: the process of that program, once it is there
    for try in $(seq 600); do
        for one in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
            if tr '\0' ' ' <"/proc/$one/cmdline" 2>/dev/null | grep -q "$2"; then
                echo "$one"
                return
            fi
        done
        sleep 0.1
    done
}
lose() { # lose SIGNAL: most of 18 episodes are under way when it comes
    RATCHET_BRIDGE_MS=5000 "$RATCHET" run ale/breakout "$TMP/hold.lua" \
        --episodes 18 --jobs 1 --set max_frames=12000 --json >"$TMP/out.json" 2>"$TMP/err.log" &
    pid=$!
    other=$(child_of $pid ratchet_bridge.py)
    played=/proc/$(child_of $pid ratchet-worker)/status
    for try in $(seq 600); do # 16 emulators are made, then 192,000 frames are played
        [ "$(sed -n 's/^voluntary_ctxt_switches:.//p' "$played" 2>/dev/null)" -gt 400 ] && break
        sleep 0.1
    done 2>/dev/null
    [ -n "$other" ] && kill -"$1" "$other"
    wait $pid
    status=$?
    ok "a bridge that gets SIG$1: the harness goes on" $status "$(cat "$TMP/err.log")"
}
cp policies/breakout/follow.lua "$TMP/hold.lua"
n_lost='sum(e["fault"] == "environment" for e in j["episodes"])'
for signal in KILL STOP; do
    lose $signal
    says "what was lost is played again, and all is well" \
        'j["verified"] == 18 and j["faults"] == 0 and max(e["tries"] for e in j["episodes"]) == 2'
done
kill -0 "$other" 2>/dev/null
[ $? -ne 0 ]
ok "the stopped one was ended" $?

"$RATCHET" run ale/breakout "$TMP/hold.lua" --episodes 4 >"$TMP/out" 2>&1 &
pid=$!
other=$(child_of $pid ratchet_bridge.py)
sleep 1
kill -STOP "$other"
kill -KILL $pid
wait $pid 2>/dev/null
sleep 0.3
state=$(sed 's/.*) //; s/ .*//' "/proc/$other/stat" 2>/dev/null)
[ -z "$state" ] || [ "$state" = Z ]
ok "it dies with its parent, though it was stopped" $? "state $state"

# A bridge that lies: the real one, spoilt at one place after 500 turns of each process.
spoil() { # spoil NAME PYTHON-LINES: a home whose interpreter runs the spoilt program
    mkdir -p "$TMP/$1/bin"
    printf '%s\n' 'import time' "__file__ = '$ROOT/envs/bridge/ratchet_bridge.py'" \
        'source = open(__file__).read()' \
        'exec(compile(source.replace("if __name__", "if 0 and __name__"), "bridge", "exec"))' \
        "$2" 'main()' >"$TMP/$1/spoilt.py"
    printf '#!/bin/sh\nshift 3\nexec %s -I -u %s/spoilt.py "$@"\n' "$RATCHET_BRIDGE/bin/python" \
        "$TMP/$1" >"$TMP/$1/bin/python"
    chmod +x "$TMP/$1/bin/python"
}
after='turns = [0]
def over():
    turns[0] += 1
    return turns[0] > 500'
spoil serial "$after
class Spoilt(struct.Struct):
    def pack_into(self, page, at, serial, *rest):
        super().pack_into(page, at, serial + over(), *rest)
ANSWER = Spoilt(ANSWER.format)"
spoil short "$after
class Spoilt(struct.Struct):
    def pack_into(self, page, at, serial, length, status, n, want, text):
        super().pack_into(page, at, serial, length, status, n, want & 1 if over() else want, text)
ANSWER = Spoilt(ANSWER.format)"
spoil noise "$after
observe = Ale.observe
def spoilt(self, want):
    observe(self, want)
    if over():
        self.view[self.at_results:self.at_results + 64] = os.urandom(64)
Ale.observe = spoilt"
spoil raises "$after
observe = Ale.observe
def spoilt(self, want):
    if over():
        raise ValueError('the emulator is out of order')
    observe(self, want)
Ale.observe = spoilt"
for row in 'serial:garbage' 'short:short' 'noise:garbage' 'raises:out of order'; do
    name=${row%%:*}
    RATCHET_BRIDGE=$TMP/$name RATCHET_BRIDGE_MS=5000 "$RATCHET" run ale/breakout "$TMP/hold.lua" \
        --episodes 2 --jobs 1 --set max_frames=60000 --json --allow-faults >"$TMP/out.json" 2>"$TMP/err.log"
    ok "a bridge that lies ($name): the harness goes on" $? "$(cat "$TMP/err.log")"
    says "and says so, after two tries" \
        "$n_lost == 2 and all(e[\"tries\"] == 2 for e in j[\"episodes\"]) and '${row#*:}' in str([e[\"error\"] for e in j[\"episodes\"]])"
done

# What is played again in a bridge that is out of order is nobody's fault but its.
printf 'return { act = function() return 0 end }\n' >"$TMP/still.lua"
printf 'Behind the ball.\n\n```lua\n%s\n```\n' "$(cat "$TMP/ball.lua")" >"$TMP/reply-1"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP/reply-1"
"$RATCHET" improve ale/pong --policy "$TMP/still.lua" --model "recorded:$TMP/session.jsonl" \
    --iterations 1 --set dev=3 --set gate=8 --set max_frames=3000 --set frame_skip=4 \
    --out "$TMP/run" --json >"$TMP/out.json" 2>"$TMP/err.log"
says "ale/pong, improved: a case is cut from mid-game" \
    'j["promotions"] == 1 and j["cases"] >= 1 and j["best_mean"] > j["start_mean"]'
cases="--cases $TMP/run/cases"
replay=$TMP/run/best.replay
# shellcheck disable=SC2086
{
expect "the case passes" 0 '^ok 1' "$RATCHET" test ale/pong --policy "$TMP/run/best.lua" $cases
expect "and fails for who it was cut from" 1 '^not ok 1' \
    "$RATCHET" test ale/pong --policy "$TMP/still.lua" $cases
broken() { # broken NAME ARGUMENTS...
    name=$1
    shift
    RATCHET_BRIDGE=$TMP/raises "$RATCHET" "$@" >"$TMP/out" 2>"$TMP/err.log"
    [ $? -eq 1 ] && grep -q 'the emulator is out of order' "$TMP/err.log" &&
        ! grep -q 'not ok\|"verified": false' "$TMP/out"
    ok "a broken bridge: $name" $? "$(head -c 600 "$TMP/err.log" "$TMP/out")"
}
broken "a case is neither passed nor failed" test ale/pong --policy "$TMP/still.lua" $cases
}
broken "a replay is not verified" replay "$replay" --json
broken "no picture is kept" replay "$replay" --png 700 --output "$TMP/none.png"
broken "no strip is kept" replay "$replay" --strip "$TMP/none.png"
[ ! -e "$TMP/none.png" ]
ok "there is none" $?
# With an installation of its own, so that nobody else's goes.
cp -a "$TMP/none" "$TMP/gone" 2>/dev/null || mkdir -p "$TMP/gone"
touch "$TMP/gone/ratchet-bridge"
expect "removed" 0 '' env RATCHET_BRIDGE="$TMP/gone" "$RATCHET" bridge remove
[ ! -e "$TMP/gone" ]
ok "and gone" $?
done_testing
