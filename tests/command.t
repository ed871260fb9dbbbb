# command.t - an external agent as the model: at work in its folder, sealed, budgeted; and what
# it tries beside that. The agents are small scripts that say what they are.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
good='return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }'

improve() { # improve NAME COMMAND [OPTION...]
    folder=$1 agent=$2
    shift 2
    timeout 60 "$RATCHET" improve cartpole --policy "$start" --model "command:$agent" \
        --out "$TMP/$folder" --set target=501 --set dev=4 --set gate=16 -n 1 "$@"
}
verdict() { # verdict FOLDER: of its only iteration
    "$RATCHET" ledger "$TMP/$1" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" 'j[0]["verdict"] + ": " + j[0]["why"] if j else "none"'
}
said() { # said NAME PATTERN FOLDER: in what the agent printed
    grep -Eq -- "$2" "$TMP/$3/agent/001.log"
    ok "$1" $? "$(head -c 2000 "$TMP/$3/agent/001.log")"
}

"$RATCHET" doctor --json >"$TMP/doctor.json"
sealed=$(json "$TMP/doctor.json" 'j["seals_agents"]')

# From the start to a promoted policy, with budgeted runs on the way.
expect "from start to a promoted policy" 0 'better: the new incumbent' improve whole "
    for f in AGENTS.md api.md brief.md failures.md failure-1.png policy.lua tools.json; do
        [ -s \$f ] || echo \"\$f is missing\"
    done
    ratchet tool run_episodes '{\"seeds\": [0, 1]}' --policy policy.lua
    ratchet tool run_episodes '{\"seeds\": [0, 4611686018427387903]}' && echo 'hidden seeds!'
    ratchet tool run_episodes '{\"seeds\": '; echo \"status \$?\"
    ratchet tool note '{\"text\": \"The weights are 0.\"}' --json
    echo '$good' >policy.lua
    echo 'Add the angular velocity.' >change.txt"
said "a budgeted run's result is printed" '"mean": ?8' whole
said "hidden seeds are not played" 'there are dev seeds 0 to 3' whole
said "a call that is no JSON is wrong usage" 'status 2' whole
said "an answer as JSON" '"text": ".*kept' whole
! grep -Eq 'missing|hidden seeds!' "$TMP/whole/agent/001.log"
ok "brief, API, failures, pictures, policy and tools are there" $? "$(cat "$TMP/whole/agent/001.log")"
"$RATCHET" ledger "$TMP/whole" --list climb --json >"$TMP/v.json"
[ "$(json "$TMP/v.json" 'j[0]["change"]')" = "Add the angular velocity." ]
ok "its sentence is the change" $? "$(cat "$TMP/v.json")"
"$RATCHET" ledger "$TMP/whole" --list steps --json >"$TMP/s.json"
[ "$(json "$TMP/s.json" '[r["episodes"] for r in j if r["purpose"] == "probe"]')" = "[2]" ]
ok "its runs are counted" $? "$(cat "$TMP/s.json")"

# A server of this machine, which nobody but --agent-network reaches.
python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0), backlog=16)
print(s.getsockname()[1], flush=True)
time.sleep(100)' >"$TMP/port" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    [ -s "$TMP/port" ] && break
    sleep 0.2
done
port=$(cat "$TMP/port")

# What it may not do. Each cheat prints CHEATED when it works.
cheats="
    for dir in '$TMP' '$ROOT' /root /home /var /tmp; do ls \$dir/* >/dev/null 2>&1 && echo CHEATED \$dir; done
    cat '$TMP/cheats/salt' && echo CHEATED salt
    find / -xdev -name salt -o -xdev -name 'ledger.sqlite*' 2>/dev/null | grep . && echo CHEATED found
    mkdir -p '$TMP/cheats/cases' && echo '{}' >'$TMP/cheats/cases/case-001.json'
    (echo >'$TMP/logs/ledger.sqlite') && echo CHEATED ledger
    echo 'return {}' >'$TMP/cheats/best.lua'
    (echo x >/usr/bin/cheat) && echo CHEATED usr
    kill -0 $$ 2>/dev/null && echo CHEATED kill
    [ \"\$(ls -d /proc/[0-9]* | wc -l)\" -gt 12 ] && echo CHEATED processes
    ls /sys/class/net 2>/dev/null | grep . && echo CHEATED interfaces
    tail -n +3 /proc/net/dev | grep -v ' lo:' && echo CHEATED network
    env | grep -E 'KEY|SECRET' && echo CHEATED keys
    ratchet run cartpole policy.lua && echo CHEATED unbudgeted
    setsid sleep 31.7 &
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/PORT' 2>/dev/null && echo CHEATED reached
    echo done"
if [ "$sealed" = True ]; then
    cheats=$(printf '%s' "$cheats" | sed "s/PORT/$port/")
    OPENAI_API_KEY=sk-secret improve cheats "$cheats; echo '$good' >policy.lua" >"$TMP/out" 2>&1
    ok "a run with a cheating agent" $? "$(cat "$TMP/out")"
    said "which went all through its cheats" '^done$' cheats
    ! grep -q CHEATED "$TMP/cheats/agent/001.log"
    ok "none of which worked" $? "$(cat "$TMP/cheats/agent/001.log")"
    ok "the ledger is whole" "$([ "$(verdict cheats | cut -c1-6)" = better ]; echo $?)" "$(verdict cheats)"
    [ ! -e "$TMP/cheats/cases/case-001.json" ] || ! grep -qx '{}' "$TMP/cheats/cases/case-001.json"
    ok "no case is the agent's" $?
    ! grep -qx 'return {}' "$TMP/cheats/best.lua"
    ok "nor the best policy" $?
    ! ps -eo args | grep -qx 'sleep 31.7'
    ok "nothing that it started is left" $? "$(ps -eo args | grep sleep)"
    improve network "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$port' && echo reached; exit 1" --agent-network >/dev/null 2>&1
    said "--agent-network leaves it the network" '^reached' network
    "$RATCHET" ledger --json >"$TMP/r.json"
    [ "$(json "$TMP/r.json" '[r["sealed"] for r in j if r["name"].endswith("cheats")]')" = "['yes']" ]
    ok "the run is sealed" $? "$(cat "$TMP/r.json")"
    improve read "cat '$TMP/shown/hint'; echo '$good' >policy.lua" --agent-read "$TMP" >"$TMP/out" 2>&1
    grep -q "UNSEALED.*shows the run's folder" "$TMP/out"
    ok "what shows the run's folder unseals" $? "$(cat "$TMP/out")"
    mkdir "$TMP/shown"
    echo "from its settings" >"$TMP/shown/hint"
    improve shown "cat '$TMP/shown/hint'; echo '$good' >policy.lua" --agent-read "$TMP/shown" >/dev/null 2>&1
    said "--agent-read shows what it names" 'from its settings' shown
else
    skip "cheats in a sealed workspace" "agents cannot be sealed here: see ratchet doctor" bwrap
fi

kill "$server"

# Unsealed: the mark is everywhere. bwrap is missing from this PATH.
mkdir "$TMP/bin"
for tool in sh cat sleep ln head yes sed; do
    ln -s "$(command -v $tool)" "$TMP/bin/$tool"
done
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$TMP/bin/python3"
timeout=$(command -v timeout)
unsealed() {
    folder=$1 agent=$2
    shift 2
    PATH=$TMP/bin "$timeout" 60 "$RATCHET" improve cartpole --policy "$start" --model "command:$agent" \
        --out "$TMP/$folder" --set target=501 --set dev=4 --set gate=16 -n 1 "$@"
}
expect "without bwrap it says so" 0 'UNSEALED.*bwrap is missing' unsealed open "echo '$good' | sed 's/0.5/0.4/' >policy.lua"
"$RATCHET" ledger --json >"$TMP/r.json"
[ "$(json "$TMP/r.json" '[r["sealed"] for r in j if r["name"].endswith("open")]')" = "['UNSEALED']" ]
ok "the ledger is marked" $? "$(cat "$TMP/r.json")"
expect "show is marked" 0 'UNSEALED' "$RATCHET" show "$TMP/open/best.lua"
expect "freeze is marked" 0 'UNSEALED' "$RATCHET" freeze "$TMP/open"
unsealed json "echo '$good' >policy.lua" --json >"$TMP/j.json" 2>/dev/null
[ "$(json "$TMP/j.json" 'j["is_sealed"]')" = False ]
ok "the closing object is marked" $? "$(cat "$TMP/j.json")"

row() { # row NAME PATTERN AGENT [OPTION...]
    name_=$1 want=$2 agent_=$3
    shift 3
    expect "$name_" 1 "$want" unsealed "row-$tests" "$agent_" "$@"
}

# What it starts ends with it, wherever it went; the run's own end by SIGKILL is no way out.
left() { # left SECONDS: nothing sleeps so long any more, soon
    for _ in $(seq 40); do
        ps -eo args | grep -qx "sleep $1" || return 0
        sleep 0.1
    done
    return 1
}
unsealed escape "python3 -c 'import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execlp(\"sleep\", \"sleep\", \"38.3\")
    os._exit(0)
time.sleep(0.3)'; echo '$good' >policy.lua" >"$TMP/out" 2>&1
left 38.3
ok "what left for a session of its own is ended, too" $? "$(ps -eo pid,ppid,args | grep sleep)"
row "what ignores SIGTERM is ended at the time's end" 'time is over' \
    'trap "" TERM; (trap "" TERM; exec sleep 39.3) & wait' --agent-minutes 0.01
left 39.3
ok "with all that it started" $? "$(ps -eo pid,ppid,args | grep sleep)"
PATH=$TMP/bin "$RATCHET" improve cartpole --policy "$start" --model "command:exec sleep 40.3" \
    --out "$TMP/shot" --set target=501 --set dev=4 -n 1 >"$TMP/out" 2>&1 &
pid=$!
for _ in $(seq 100); do
    ps -eo args | grep -qx 'sleep 40.3' && break
    sleep 0.1
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
left 40.3
ok "a run that is killed takes its agent along" $? "$(ps -eo pid,ppid,args | grep sleep)"

# What it leaves behind is not trusted.
row "policy.lua as a link out" 'policy.lua: .*symbolic' 'ln -sf ../../salt policy.lua'
row "policy.lua as a pipe" 'policy.lua: no plain file' \
    'python3 -c "import os; os.remove(\"policy.lua\"); os.mkfifo(\"policy.lua\")"'
row "policy.lua without end" 'policy.lua: no plain file' 'yes | head -c 999999 >policy.lua'
row "no change" 'status 3.*it said: no idea' 'echo no idea; exit 3'
row "no such program" 'the model failed: .*status 127' 'no-such-agent'
row "no time" 'the model failed.*time is over' 'sleep 30' --agent-minutes 0.01
ls "$TMP"/row-*/agent/ | grep -q '001.log'
ok "what it printed is kept" $?
unsealed flood "yes | head -c 9999999; echo '$good' >policy.lua" >"$TMP/out" 2>&1
[ "$(stat -c %s "$TMP/flood/agent/001.log")" -lt 600000 ]
ok "a flood is cut" $? "$(ls -l "$TMP/flood/agent")"
said "and says so" 'bytes more are left out' flood
cat >"$TMP/calls.py" <<'P'
import os
import socket

path = os.environ["RATCHET_SOCKET"]
os.chdir(os.path.dirname(path))


def say(text, waits=True):
    s = socket.socket(socket.AF_UNIX)
    s.connect(".ratchet.sock")
    s.sendall(text)
    if waits:
        print(s.makefile().readline())
    s.close()


say(b"\0\xff not JSON\n")
say(b'{"tool": "note"}\n')
say(b'{"tool": 1, "arguments": {}}\n')
say(b'{"tool": "note", "arguments": {}, "more": 1}\n')
say(b"[" * 100000 + b"\n")
say(b"half a ca", waits=False)
for i in range(62):
    say(b'{"tool": "note", "arguments": {"text": "again"}}\n')
P
unsealed calls "python3 '$TMP/calls.py'; echo '$good' >policy.lua" >"$TMP/out" 2>&1
ok "an agent that babbles gets through" "$([ "$(verdict calls | cut -c1-6)" = better ]; echo $?)" "$(cat "$TMP/out")"
[ "$(grep -c 'a call is one line' "$TMP/calls/agent/001.log")" -eq 5 ]
ok "what is no call is told so" $? "$(head -20 "$TMP/calls/agent/001.log")"
[ "$(grep -c 'no more calls' "$TMP/calls/agent/001.log")" -eq 2 ]
ok "calls are limited" $? "$(tail -5 "$TMP/calls/agent/001.log")"

# Ctrl-C ends agent and run; the run goes on.
"$RATCHET" improve cartpole --policy "$start" --model "command:echo \$\$ >'$TMP/pid'; exec sleep 47" \
    --out "$TMP/cut" --set target=501 --set dev=4 -n 1 >"$TMP/out" 2>&1 &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -e "$TMP/cut/agent/001/policy.lua" ] && break
    sleep 0.1
done
sleep 0.2
kill -INT "$pid"
wait "$pid"
ok "Ctrl-C ends it with status 1" "$([ $? -eq 1 ]; echo $?)" "$(cat "$TMP/out")"
! ps -eo args | grep -qx 'sleep 47'
ok "and the agent" $? "$(ps -eo pid,args | grep sleep)"
timeout 20 "$RATCHET" improve --resume --out "$TMP/cut" --agent-minutes 0.005 >/dev/null 2>&1
[ -e "$TMP/cut/agent/001.old-1/policy.lua" ]
ok "a folder that an earlier try left is moved aside" $? "$(ls "$TMP/cut/agent")"
done_testing
