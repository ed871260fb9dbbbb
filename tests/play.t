# play.t - a person at the keyboard, a policy that is watched, flags of cases; under Xvfb.
. tests/tap.sh
follow=$PWD/policies/breakout/follow.lua
mkdir "$TMP/out"

expect "no environment" 1 'tennis: no such environment' "$RATCHET" play tennis
expect "a negative seed" 2 'seed takes 0 to 18446744073709551615' "$RATCHET" play breakout --seed -1
expect "only one episode is watched" 2 'view shows one episode' \
    "$RATCHET" run breakout "$follow" --view -n 2
expect "a policy that does not load is not watched" 1 'syntax|near' \
    sh -c 'echo "return {" >"$1/bad.lua"; "$0" run breakout "$1/bad.lua" --view' \
    "$RATCHET" "$TMP"
expect "no screen to play on" 1 'there is no screen' env -u DISPLAY -u WAYLAND_DISPLAY \
    SDL_VIDEODRIVER=x11 "$RATCHET" play breakout --record "$TMP/none.replay"
expect "no screen to watch on" 1 'there is no screen' env -u DISPLAY -u WAYLAND_DISPLAY \
    SDL_VIDEODRIVER=x11 "$RATCHET" run breakout "$follow" --view

. tests/xvfb.sh

# Breakout: FIRE by space, the paddle to the left and back.
open_window play breakout --seed 3
sleep 1
at 0
ok "the first key begins" $? "$(step)"
grep -q '^Space  *move: FIRE' "$TMP/stderr" && grep -q '^Left  *move: LEFT' "$TMP/stderr"
ok "the keys are printed" $? "$(cat "$TMP/stderr")"
press space
xdotool keydown Left
sleep 1.5
xdotool keyup Left
xdotool keydown Right
sleep 1.5
xdotool keyup Right
press Return
now=$(step)
sleep 0.5
[ "$now" -gt 150 ] && [ "$now" -lt 400 ] && [ "$(step)" = "$now" ]
ok "real time, and Return pauses" $? "$now, $(step)"
press Left Left
at $((now - 2))
ok "paused, arrows step" $? "$now, $(step)"
press Return
sleep 0.5
[ "$(step)" -gt $((now + 10)) ]
ok "and Return goes on at the end" $? "$now, $(step)"
close_window
ok "leaves with status 0" $? "$(cat "$TMP/stderr")"
"$RATCHET" replay "$TMP/out/breakout.replay" --json >"$TMP/played.json"
said=$(json "$TMP/played.json" '(j["verified"], j["policy"], j["terminated"])')
[ "$said" = "(True, '', False)" ]
ok "the replay is verified" $? "$(cat "$TMP/played.json" "$TMP/stdout")"
python3 - "$RATCHET" "$TMP" "$(json "$TMP/played.json" 'j["steps"]')" <<'PY'
import subprocess, sys
ratchet, tmp, n = sys.argv[1], sys.argv[2], int(sys.argv[3])


def paddle(step):
    """The paddle's middle in the frame of a step."""
    subprocess.run([ratchet, "replay", tmp + "/out/breakout.replay", "--png", str(step), "-o",
                    tmp + "/f.png"], check=True)
    rgb = subprocess.run(["convert", tmp + "/f.png", "-crop", "144x1+8+191", "-depth", "8",
                          "rgb:-"], check=True, capture_output=True).stdout
    row = [x for x in range(144) if rgb[3 * x] > 150]
    return sum(row) / len(row)


places = [paddle(step) for step in range(0, n, 10)]
print("# paddle from %g to %g to %g" % (places[0], min(places), max(places)))
sys.exit(not (min(places) < 12 and max(places) > 130))
PY
ok "the arrows moved the paddle to both ends" $?
"$RATCHET" view "$TMP/out/breakout.replay" --at 40 >/dev/null 2>&1 &
view=$!
sleep 1
xdotool key q
wait $view
ok "and can be viewed" $?
view=

# An episode that ends by itself is recorded while its window is still open.
open_window play cartpole --record pole.replay --json
press Right
sleep 1.5
[ -s "$TMP/out/pole.replay" ]
ok "recorded as soon as it is over" $?
press Left Left
close_window
ok "leaves with status 0" $? "$(cat "$TMP/stderr")"
[ "$(json "$TMP/stdout" 'j["terminated"] and j["steps"] == j["return"]')" = True ] &&
    "$RATCHET" replay "$TMP/out/pole.replay" >/dev/null
ok "and is verified to its end" $? "$(cat "$TMP/stdout")"
open_window play pendulum
close_window && grep -q 'nothing was played' "$TMP/stdout" &&
    [ ! -e "$TMP/out/pendulum.replay" ]
ok "nothing played, nothing recorded" $? "$(cat "$TMP/stdout")"

# A policy that is watched: the same return as alone.
"$RATCHET" run breakout "$follow" -n 1 --seed 5 --json >"$TMP/alone.json"
open_window run breakout "$follow" --view --seed 5 --record watched --json
sleep 1
first=$(step)
[ "$first" -gt 30 ] && [ "$first" -lt 400 ]
ok "watched at its own speed" $? "$first"
press Up Up Up space
sleep 0.3
now=$(step)
sleep 0.5
at "$now"
ok "and paused" $? "$now, $(step)"
press space
sleep 1
[ "$(step)" -gt $((now + 240)) ]
ok "eight times as fast" $? "$now, $(step)"
close_window
ok "leaves with status 0" $? "$(cat "$TMP/stderr")"
python3 - "$TMP/alone.json" "$TMP/stdout" <<'PY'
import json, sys
a, b = (json.load(open(path))["episodes"] for path in sys.argv[1:])
sys.exit(not (len(b) == 1 and a == b and b[0]["verified"]))
PY
ok "the episode is the one that is played alone" $? "$(cat "$TMP/stdout")"
"$RATCHET" replay "$TMP/out/watched/breakout-5.replay" >/dev/null
ok "and its replay is verified" $?
open_window run breakout "$follow" --view --seed 5 --set max_frames=100
sleep 2.5
at 100
ok "watched to its end" $? "$(step)"
press Home
at 0
ok "and looked into then" $? "$(step)"
close_window
cat >"$TMP/error.lua" <<'LUA'
local n = 0
return { act = function() n = n + 1 if n > 90 then error("so sad") end return 1 end }
LUA
open_window run breakout "$TMP/error.lua" --view
sleep 2.5
at 90
ok "a policy that raises an error is watched until then" $? "$(step)"
! close_window && grep -q 'so sad' "$TMP/stdout"
ok "which is its result, and no success" $? "$(cat "$TMP/stdout")"

# Flags: a case of the same seed is flagged at its take-over, another one is not.
case=policies/breakout/cases/case-001.json
seed=$(json $case 'j["seed"]')
"$RATCHET" run breakout "$follow" -n 1 --seed "$seed" --record "$TMP/run" >/dev/null
mkdir "$TMP/run/cases"
cp policies/breakout/cases/*.json "$TMP/run/cases"
replay=$TMP/run/breakout-$seed.replay
flags() { # the columns of the timeline that have a flag's colour in all of its height
    import -window root -depth 8 -crop 1280x60+0+669 "$TMP/t.ppm"
    convert "$TMP/t.ppm" -crop 1280x1+0+59 -depth 8 rgb:- | python3 -c '
import sys
row = sys.stdin.buffer.read()
print(*[x for x in range(1280) if row[3 * x:3 * x + 3] == b"\xe0\xb0\x50"])'
}
open_window view "$replay"
"$RATCHET" replay "$replay" --json >"$TMP/run.json"
expected=$(json "$TMP/run.json" \
    "16 + round($(json $case 'j["take_over"]') / j['steps'] * 1247)")
[ "$(flags)" = "$expected" ]
ok "the case beside the replay is flagged" $? "$(flags), not $expected"
press Page_Down Page_Down Page_Down Page_Down Page_Down
for i in $(seq 200); do
    [ "$(step)" -ge "$(json $case 'j["take_over"]')" ] && break
    xdotool key n
    sleep 0.1
done
at "$(json $case 'j["take_over"]')"
ok "and jumped to" $? "$(step)"
close_window
open_window view "$replay" --cases "$TMP/none"
[ -z "$(flags)" ]
ok "other folders have other cases" $? "$(flags)"
close_window
echo '{' >"$TMP/run/cases/case-009.json"
expect "a damaged case of a named folder" 1 'case-009' \
    "$RATCHET" view "$replay" --cases "$TMP/run/cases"
done_testing
