# xvfb.sh - a screen of its own for tests of windows: sourced after tap.sh. With no Xvfb or
# xdotool the test ends here, with a skip. Real keys and mouse go to the window by xdotool.
for tool in Xvfb xdotool import convert python3; do
    command -v $tool >/dev/null || missing=$tool
done
if [ -n "${missing-}" ]; then
    skip "real key and mouse events" "$missing is not installed" xvfb
    done_testing
    exit
fi

Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 3>"$TMP/display" 2>/dev/null &
xvfb=$!
trap 'kill ${view-} $xvfb 2>/dev/null; rm -rf "$TMP"' EXIT
for i in 1 2 3 4 5 6 7 8 9 10; do
    [ -s "$TMP/display" ] && break
    sleep 0.5
done
DISPLAY=:$(cat "$TMP/display")
SDL_VIDEODRIVER=x11
# What libraries that draw keep until the end is not ours.
printf 'leak:%s\n' libX11 libxcb libfontconfig libdbus libGL libgallium libEGL \
    swrast libdrm >"$TMP/leaks"
LSAN_OPTIONS=suppressions=$TMP/leaks:print_suppressions=0
export DISPLAY SDL_VIDEODRIVER LSAN_OPTIONS

open_window() { # open_window ARGUMENT...: of ratchet; waits for its window
    (cd "$TMP/out" && exec "$RATCHET" "$@") >"$TMP/stdout" 2>"$TMP/stderr" &
    view=$!
    window=
    for i in 1 2 3 4 5 6 7 8 9 10; do
        sleep 0.3
        window=$(xdotool search --onlyvisible --name 'ratchet view' 2>/dev/null | head -n 1)
        [ -n "$window" ] && break
    done
    xdotool windowfocus "$window"
    sleep 0.5
}
close_window() { # by its key; its exit status
    xdotool key q
    wait $view
    status=$?
    view=
    return $status
}
press() {
    for key in "$@"; do
        xdotool key "$key"
        sleep 0.1
    done
    sleep 0.3
}
step() {
    xdotool getwindowname "$window" | sed -n 's/.* - step \([0-9]*\) of .*/\1/p'
}
at() { # at STEP: the window says that it stands there, and for a while is waited for it
    for i in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(step)" = "$1" ] && return 0
        sleep 0.2
    done
    return 1
}
