# keys.t - a key stays in the process that has it: not in what a run writes, not in its
# arguments, not in a core when it crashes, not in other processes' reach or environment.
. tests/tap.sh
key=sk-keys-4f9d2c7b1e
export OPENAI_API_KEY=$key
chmod 755 "$TMP"

# A server that takes a call and never answers.
python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0), backlog=16)
print(s.getsockname()[1], flush=True)
held = []
while True:
    c = s.accept()[0]
    c.recv(1 << 20)
    held.append(c)
    print("called", flush=True)' >"$TMP/server" &
server=$!
trap 'kill $server $pid 2>/dev/null; rm -rf "$TMP"' EXIT
waits() { # waits FOR...: until it is so, at most 10 s
    for _ in $(seq 100); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
waits [ -s "$TMP/server" ]
port=$(head -1 "$TMP/server")
export OPENAI_BASE_URL="http://127.0.0.1:$port/v1"

calls=0
was_called() {
    [ "$(grep -c called "$TMP/server")" -eq $((calls + 1)) ]
}
begin() { # begin NAME [PREFIX...]: a run in the middle of a call; its process is $pid
    folder=$TMP/$1
    shift
    calls=$(grep -c called "$TMP/server")
    mkdir -m 777 "$folder"
    (cd "$folder" && ulimit -c unlimited && exec "$@" env RATCHET_HOME="$folder" \
        "$RATCHET" improve cartpole --model openai:m --out "$folder/run" --set dev=2 \
        --set gate=8) >"$folder.log" 2>&1 &
    pid=$!
    waits was_called
    ok "${folder##*/}: a run waits for its call" $? "$(cat "$folder.log")"
}
crash() { # crash SIGNAL: no core is left, and nothing that is left holds the key
    begin "crash-$1"
    ! tr '\0' '\n' <"/proc/$pid/cmdline" | grep -q "$key"
    ok "SIG$1: the key is no argument" $?
    kill -s "$1" "$pid"
    wait "$pid" 2>/dev/null
    [ $? -gt 128 ]
    ok "SIG$1 ends it" $?
    [ -s "$folder/run/salt" ] && ! grep -rlq "$key" "$TMP"
    ok "SIG$1: the key is in nothing that was written" $? "$(grep -rl "$key" "$TMP")"
    [ -z "$(find "$folder" -name '*core*')" ]
    ok "SIG$1: no core" $? "$(find "$folder" -name '*core*')"
}

# Would a crash leave its core in such a folder at all? Then the rows below prove something.
mkdir "$TMP/control"
(cd "$TMP/control" && ulimit -c unlimited && exec python3 -c 'import os; os.abort()') >/dev/null 2>&1
if [ -n "$(find "$TMP/control" -type f)" ]; then
    rm -r "$TMP/control"
    for signal in ABRT SEGV BUS; do
        crash $signal
    done
else
    skip "crashes leave no core" "crashes leave none in their folder here (core_pattern)" core
fi

# Another process of the same user (an unsealed agent) reads neither memory nor environment,
# and no pipe of core_pattern is fed: all three ask whether the process is dumpable.
user=
[ "$(id -u)" -ne 0 ] || user="setpriv --reuid=65534 --regid=65534 --clear-groups"
if [ -z "$user" ] || $user test -x "$RATCHET"; then
    # shellcheck disable=SC2086
    begin other $user
    [ -d "/proc/$pid" ] && ! $user cat "/proc/$pid/environ" >/dev/null 2>&1
    ok "its environment is closed to others" $?
    ! $user head -c 1 "/proc/$pid/maps" >/dev/null 2>&1
    ok "and its memory" $?
    kill "$pid"
    wait "$pid"
else
    skip "closed to other processes" "nobody may not run $RATCHET" nobody
fi

# Programs that it starts have no key.
mkdir "$TMP/bin"
for program in ffmpeg gnuplot sbatch; do
    printf '#!/bin/sh\nenv >"%s"\ncat >/dev/null\nexit 1\n' "$TMP/env-$program" >"$TMP/bin/$program"
done
chmod +x "$TMP/bin"/*
PATH=$TMP/bin:$PATH
"$RATCHET" run cartpole policies/cartpole/start.lua --episodes 1 --record "$TMP/replays" >/dev/null
"$RATCHET" replay "$TMP"/replays/*.replay --mp4 "$TMP/a.mp4" >/dev/null 2>&1
"$RATCHET" improve cartpole --model search -n 1 --set dev=2 --set gate=8 --out "$TMP/run" >/dev/null 2>&1
"$RATCHET" report "$TMP/run" >/dev/null 2>&1
"$RATCHET" run cartpole policies/cartpole/start.lua --episodes 8 --engine slurm >/dev/null 2>&1
for program in ffmpeg gnuplot sbatch; do
    grep -q '^PATH=' "$TMP/env-$program" && ! grep -q "$key" "$TMP/env-$program"
    ok "$program gets an environment without the key" $? "$(cut -d= -f1 "$TMP/env-$program")"
done
done_testing
