# view.t - the viewer, under Xvfb with real key and mouse events, and on the dummy driver.
. tests/tap.sh

cat >"$TMP/a.lua" <<'LUA'
local n = 0
local function act(obs)
  n = n + 1
  if n % 50 == 1 then note("ball at " .. obs.ball_x) end
  if n > 1500 then mark("point", obs.ball_x, obs.ball_y) end
  if obs.ball_in_play == 0 then return 1 end
  local off = obs.ball_x - obs.paddle_x - obs.paddle_width / 2
  return off > 2 and 2 or off < -2 and 3 or 0
end
return { reset = function() n = 0 end, act = act }
LUA
sed 's/^  local off/  if n >= 401 and n < 420 then return 3 end\n&/' "$TMP/a.lua" >"$TMP/b.lua"
record() { # record NAME: the episode of seed 5, 3,000 steps
    "$RATCHET" run breakout "$TMP/$1.lua" --episodes 1 --seed 5 --set max_frames=3000 \
        --record "$TMP/$1" >/dev/null && mv "$TMP/$1/breakout-5.replay" "$TMP/$1.replay"
}
record a && record b && "$RATCHET" replay "$TMP/a.replay" --json >"$TMP/a.json"
[ "$(json "$TMP/a.json" 'j["steps"]')" = 3000 ]
ok "record two replays" $? "$(cat "$TMP/a.json")"
head -c 300 "$TMP/a.replay" >"$TMP/cut.replay"
echo "a text" >"$TMP/foreign.replay"
mkdir "$TMP/out"

# On the dummy driver: opens, and leaves on a signal.
dummy() { # dummy STATUS FILE...: what it says
    wanted=$1
    shift
    SDL_VIDEODRIVER=dummy timeout -s INT 1.5 "$RATCHET" view "$@" >"$TMP/said" 2>&1
    [ "$(cat "$TMP/said" | wc -l)" -eq "$wanted" ]
}
dummy 0 "$TMP/a.replay" && dummy 0 "$TMP/a.replay" "$TMP/b.replay" && dummy 0
ok "dummy driver: one replay, two, none" $? "$(cat "$TMP/said")"
dummy 1 "$TMP/cut.replay" && grep -q 'cut.replay: damaged or cut short' "$TMP/said"
ok "dummy driver: a truncated file" $? "$(cat "$TMP/said")"
"$RATCHET" replay "$TMP/a.replay" --png 9 --scale 3 --no-marks -o "$TMP/large.png" &&
    [ "$(python3 -c 'import struct, sys; print(*struct.unpack(">2I", open(sys.argv[1], "rb")
.read()[16:24]))' "$TMP/large.png")" = "480 630" ]
ok "a frame three times as large" $?
expect "a frame that is too large" 2 'scale takes 1 to 16' "$RATCHET" replay "$TMP/a.replay" \
    --png 0 --scale 99 -o "$TMP/large.png"
expect "three files are one too many" 2 'one argument too many' "$RATCHET" view 1 2 3
SDL_VIDEODRIVER=dummy timeout --preserve-status -s INT 4 "$RATCHET" view --play --at 2900 \
    "$TMP/a.replay" >"$TMP/said" 2>&1
ok "dummy driver: plays to the end, and leaves nothing behind" $? "$(cat "$TMP/said")"
expect "no screen" 1 'there is no screen' env -u DISPLAY -u WAYLAND_DISPLAY \
    SDL_VIDEODRIVER=x11 "$RATCHET" view "$TMP/a.replay"
# What cannot be shown is said before a window is opened, whether there is a screen or not,
# and without a screen nothing waits for a window that nobody sees.
python3 -c 'import sys; b = bytearray(open(sys.argv[1], "rb").read()); b[len(b) // 2] ^= 1
open(sys.argv[2], "wb").write(b)' "$TMP/a.replay" "$TMP/flip.replay"
: >"$TMP/empty.replay"
mkfifo "$TMP/fifo.replay"
none='env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER'
for file in nothere cut foreign flip empty out fifo; do
    case $file in out) path=$TMP/out ;; *) path=$TMP/$file.replay ;; esac
    expect "no window for $file" 2 "$path: " timeout 5 $none "$RATCHET" view "$path"
    expect "no window for $file as the second" 2 "$path: " timeout 5 $none "$RATCHET" view \
        "$TMP/a.replay" "$path"
    expect "no window for $file, where there is a screen" 2 "$path: " timeout 5 \
        env SDL_VIDEODRIVER=dummy "$RATCHET" view "$path" "$TMP/a.replay"
done
expect "no window for a policy that is missing" 2 'nothere.lua: cannot be read' timeout 5 $none \
    "$RATCHET" view "$TMP/a.replay" --policy "$TMP/nothere.lua"
for row in "view $TMP/a.replay" "view" "play cartpole --record $TMP/played.replay" \
    "run breakout $TMP/a.lua -n 1 --view"; do
    expect "no screen: ${row%% *}" 1 'there is no screen' timeout 5 $none "$RATCHET" $row
done

. tests/xvfb.sh

open_view() { # open_view FILE...
    open_window view "$@"
}
shown() { # shown FILE STEP [N]: the screen has that frame (N times), in whole pixels
    "$RATCHET" replay "$1" --png "$2" -o "$TMP/frame.png" ${marks---no-marks} &&
        convert "$TMP/frame.png" -depth 8 "$TMP/frame.ppm" &&
        xdotool mousemove 4 4 && sleep 0.2 && import -window root -depth 8 "$TMP/screen.ppm" &&
        python3 tests/find_picture.py "$TMP/screen.ppm" "$TMP/frame.ppm" "${3-1}" >"$TMP/found"
}

open_view "$TMP/a.replay"
at 0
ok "opens at the start" $? "$(step)"
press m
shown "$TMP/a.replay" 0
ok "shows the first frame, in whole pixels" $? "$(cat "$TMP/found")"
press Right Right Right Left
at 2
ok "steps and steps back" $? "$(step)"
press shift+Right Page_Down
at 1012
ok "leaps" $? "$(step)"
shown "$TMP/a.replay" 1012
ok "shows that frame" $? "$(cat "$TMP/found")"
press End
at 3000 && press Home
at 0
ok "goes to the end and to the start" $? "$(step)"
press n
first=$(step)
[ "$first" -gt 0 ] && press n && [ "$(step)" -gt "$first" ] && press p && at "$first"
ok "jumps to the next event and back" $? "$first, $(step)"
press Home Up Up space
sleep 1
press space
[ "$(step)" -gt 150 ] && [ "$(step)" -lt 900 ]
ok "plays at four times the speed" $? "$(step)"

# The timeline goes from x = 16 to 1264, the transport's buttons are below it.
xdotool mousemove 640 700 mousedown 1
sleep 0.3
middle=$(step)
xdotool mousemove 952 690
sleep 0.3
xdotool mouseup 1
sleep 0.3
[ "$middle" -gt 1480 ] && [ "$middle" -lt 1520 ] && [ "$(step)" -gt 2230 ] &&
    [ "$(step)" -lt 2270 ]
ok "drags on the timeline" $? "$middle, $(step)"
shown "$TMP/a.replay" "$(step)"
ok "shows the frame where the drag ended" $? "$(cat "$TMP/found")"
now=$(step)
xdotool mousemove 207 780 click 1
sleep 0.3
at $((now + 1)) && xdotool mousemove 104 780 click 1
at "$now"
ok "buttons step, too" $? "$now, $(step)"

press m s
"$RATCHET" replay "$TMP/a.replay" --png "$now" -o "$TMP/expected.png"
cmp -s "$TMP/expected.png" "$TMP/out/a-$now.png"
ok "saves the frame, marks included" $? "$(ls "$TMP/out")"
press m
shown "$TMP/a.replay" "$now" && ! marks='' shown "$TMP/a.replay" "$now"
ok "hides the marks" $?
press Home bracketleft Page_Down bracketright g
sleep 2
[ "$(head -c 6 "$TMP/out/a-0-1000.gif")" = GIF89a ]
ok "saves a range as GIF" $? "$(ls "$TMP/out")"
import -window root -depth 8 "$TMP/plain.ppm"
press shift+slash
import -window root -depth 8 "$TMP/help.ppm"
! cmp -s "$TMP/plain.ppm" "$TMP/help.ppm"
ok "lists its keys" $?
press Escape
close_window
ok "leaves with status 0" $? "$(cat "$TMP/stderr")"

open_view "$TMP/a.replay" "$TMP/b.replay"
press m
shown "$TMP/a.replay" 0 2
ok "two replays side by side begin alike" $? "$(cat "$TMP/found")"
press d
at 400
ok "finds the first step that differs" $? "$(step)"
press shift+Right
shown "$TMP/a.replay" 410 && shown "$TMP/b.replay" 410 && ! shown "$TMP/a.replay" 410 2
ok "and they differ after it" $? "$(cat "$TMP/found")"
press c
xdotool windowsize "$window" 760 500
sleep 0.5
shown "$TMP/a.replay" 410
ok "closes the second; a small window shows the frame" $? "$(cat "$TMP/found")"
close_window
ok "leaves with status 0" $? "$(cat "$TMP/stderr")"

open_view "$TMP/a.replay" --policy "$TMP/b.lua"
press Page_Down w
sleep 1
press d
difference=$(step)
[ "$difference" -ge 1000 ] || at 1000
ok "what if another policy had gone on" $? "$(step)"
close_window

open_view
timeout 10 /usr/bin/python3 tests/drop.py "$window" "$TMP/a.replay" 2>"$TMP/said"
ok "takes a file that is dropped on it" $? "$(cat "$TMP/said")"
press m Page_Down
at 1000 && shown "$TMP/a.replay" 1000
ok "and shows it" $? "$(step)"
timeout 10 /usr/bin/python3 tests/drop.py "$window" "$TMP/foreign.replay"
sleep 0.3
at 1000 && shown "$TMP/a.replay" 1000
ok "a foreign file that is dropped changes nothing" $? "$(step)"
close_window

done_testing
