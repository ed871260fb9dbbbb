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
    # There is no ratchet there but `ratchet tool`: no uncounted episodes, no worker, no policies.
    "$RATCHET" run cartpole "$start" -n 1 --record "$TMP/taken" >/dev/null 2>&1
    tape=$(base64 -w 0 "$TMP"/taken/*.replay)
    programs="
        echo $tape | base64 -d >t.replay
        tried() { name=\$1; shift; \"\$@\" >said 2>&1; echo \"\$name: status \$?: \$(head -c 300 said)\"; }
        tried replay ratchet replay t.replay
        tried run ratchet run cartpole policy.lua -n 1
        tried improve ratchet improve cartpole --policy policy.lua --model search -n 1
        tried test ratchet test .
        tried envs ratchet envs cartpole
        tried version ratchet --version
        tried help ratchet --help
        tried toolhelp ratchet tool --help
        tried worker ratchet-worker
        tried libexec /opt/libexec/ratchet/ratchet-worker
        tried local /usr/local/bin/ratchet run cartpole policy.lua -n 1
        tried beside \$(dirname \$(command -v ratchet))/ratchet-worker
        tried none ratchet
        find / -xdev -name 'ratchet*' -type f -size +0 2>/dev/null | sed 's/^/found: /'
        find / -xdev \( -name learned.lua -o -name session.jsonl -o -name follow.lua \) 2>/dev/null |
            sed 's/^/found: /'"
    improve programs "$programs; echo '$good' >policy.lua" >"$TMP/out" 2>&1
    ok "a run with an agent that looks for programs" $? "$(cat "$TMP/out")"
    for name in replay run improve test envs; do
        said "no \`ratchet $name\` in the seal" "^$name: status 2: ratchet: $name: .*ratchet tool" programs
    done
    for name in worker libexec local beside; do
        said "no program by $name" "^$name: status 12[67]" programs
    done
    said "but --version" '^version: status 0: ratchet [0-9]' programs
    said "--help names the tool" '^help: status 0: Usage: ratchet tool' programs
    said "the tool's own help" '^toolhelp: status 0: Usage: ratchet tool NAME' programs
    said "no argument is wrong usage" '^none: status 2' programs
    grep '^found: ' "$TMP/programs/agent/001.log" | grep -Ev '^found: /opt/ratchet/ratchet$' >"$TMP/found"
    [ ! -s "$TMP/found" ]
    ok "no other program of ratchet, no learned policy, no session is there" $? "$(cat "$TMP/found")"
    "$RATCHET" ledger "$TMP/programs" --list episodes --json >"$TMP/e.json"
    [ "$(json "$TMP/e.json" 'sum(r["purpose"] == "probe" for r in j)')" = 0 ]
    ok "nothing was played beside the run" $? "$(json "$TMP/e.json" 'len(j)')"
    # What it plays by `ratchet tool` is what the ledger counts: the answers' episodes and steps.
    improve counted "
        for seeds in '[0]' '[1, 2]' '[0, 1, 2, 3]'; do
            ratchet tool run_episodes \"{\\\"seeds\\\": \$seeds}\" --policy policy.lua --json
        done
        ratchet replay t.replay; ratchet run cartpole policy.lua -n 5; echo '$good' >policy.lua" >"$TMP/out" 2>&1
    # An episode that was played before is told from the ledger and costs nothing.
    python3 - "$TMP/counted/agent/001.log" >"$TMP/played" <<'P'
import json
import sys
text, at, seeds, steps = open(sys.argv[1]).read(), 0, set(), 0
while text[at:].startswith("{"):
    answer, n = json.JSONDecoder().raw_decode(text[at:])
    at += n + 1
    answer = json.loads(answer["text"])
    seeds |= {e["seed"] for e in answer["episodes"]}
    steps += answer["steps"]["after"] - answer["steps"]["before"]
print(len(seeds), steps)
P
    "$RATCHET" ledger "$TMP/counted" --list episodes --json >"$TMP/e.json"
    json "$TMP/e.json" '"%d %d" % (sum(r["purpose"] == "probe" for r in j), sum(r["steps"] for r in j if r["purpose"] == "probe"))' >"$TMP/kept"
    grep -q '^4 [1-9]' "$TMP/played" && cmp -s "$TMP/played" "$TMP/kept"
    ok "what an agent plays by its tool is what the ledger counts" $? "$(cat "$TMP/played" "$TMP/kept")"
    improve network "bash -c 'exec 3<>/dev/tcp/127.0.0.1/$port' && echo reached; exit 1" --agent-network >/dev/null 2>&1
    said "--agent-network leaves it the network" '^reached' network
    "$RATCHET" ledger --json >"$TMP/r.json"
    [ "$(json "$TMP/r.json" '[r["sealed"] for r in j if r["name"].endswith("cheats")]')" = "['yes']" ]
    ok "the run is sealed" $? "$(cat "$TMP/r.json")"
    improve read "cat '$TMP/shown/hint'; echo '$good' >policy.lua" --agent-read "$TMP" --unsealed >"$TMP/out" 2>&1
    grep -q "UNSEALED.*shows the run's folder" "$TMP/out"
    ok "what shows the run's folder unseals" $? "$(cat "$TMP/out")"
    mkdir "$TMP/shown"
    echo "from its settings" >"$TMP/shown/hint"
    improve hinted "cat '$TMP/shown/hint'; echo '$good' >policy.lua" --agent-read "$TMP/shown" >"$TMP/out" 2>&1
    said "--agent-read shows what it names" 'from its settings' hinted
    ! grep -q UNSEALED "$TMP/out"
    ok "and stays sealed" $? "$(cat "$TMP/out")"
    # What else it may not be shown: any ledger, salt, replay, session or run, however it is named.
    mkdir "$TMP/shows" && cd "$TMP/shows" || exit 1
    mkdir -p logs/deep/deeper salts replays sessions programs dir/file linked
    cp "$TMP/logs/ledger.sqlite" logs/deep/deeper/notes.db
    cp "$TMP/whole/salt" salts/hint.txt
    cp "$TMP"/taken/*.replay replays/picture.png
    cp "$ROOT/policies/breakout/session.jsonl" sessions/log.txt
    cp "$RATCHET-worker" programs/
    cp "$TMP/whole/best.lua" dir/file/
    ln -s "$TMP/whole" link
    ln -s "$TMP/shows/logs" linked/logs
    cd "$ROOT" || exit 1
    shows() { # shows NAME PATH WHAT: it unseals, here and in the ledger
        improve "shows-$tests" "echo '$good' >policy.lua" --agent-read "$2" --unsealed >"$TMP/out" 2>&1
        grep -q "UNSEALED.*$3" "$TMP/out"
        ok "--agent-read of $1 unseals" $? "$(cat "$TMP/out")"
    }
    shows "a ledger in it, under another name" "$TMP/shows/logs" 'a ledger: .*notes.db'
    shows "a parent of a ledger" "$TMP/shows" 'shows a '
    shows "a salt under another name" "$TMP/shows/salts" 'a salt: .*hint.txt'
    shows "a salt itself" "$TMP/whole/salt" 'a salt'
    shows "a replay" "$TMP/shows/replays" 'a replay'
    shows "a recorded session" "$TMP/shows/sessions" 'a recorded session'
    shows "a program of ratchet" "$TMP/shows/programs" 'a program of ratchet'
    shows "another run" "$TMP/whole" 'shows a salt'
    shows "a link to another run" "$TMP/shows/link" 'shows a salt'
    shows "the logs" "$TMP/logs" 'a ledger'
    shows "the ledger itself" "$TMP/logs/ledger.sqlite" 'a ledger'
    shows "the root" / "shows the run's folder"
    expect "--agent-read of what shows a ledger, without --unsealed" 1 'cannot be sealed: .*a ledger' \
        improve refused "touch '$TMP/ran'; echo '$good' >policy.lua" --agent-read "$TMP/logs"
    "$RATCHET" ledger --json >"$TMP/r.json"
    [ "$(json "$TMP/r.json" 'sorted(set(r["sealed"] for r in j if "/shows-" in r["name"]))')" = "['UNSEALED']" ]
    ok "and the ledger says so of each" $? "$(cat "$TMP/r.json")"
    improve dirs "cat '$TMP/shows/dir/file/best.lua' '$TMP/shows/here/hint'; ls '$TMP/shows/linked/logs/'; echo '$good' >policy.lua" \
        --agent-read "$TMP/shows/dir" --agent-read "$TMP/shows/linked" >"$TMP/out" 2>&1
    ! grep -q UNSEALED "$TMP/out"
    ok "a folder without them stays sealed, and a link out of it leads nowhere" $? "$(cat "$TMP/out")"
    said "and is shown" 'return ' dirs
    said "the link is dead" "cannot access.*linked/logs" dirs
    mkdir "$TMP/later"
    (while [ ! -e "$TMP/late/agent/001/policy.lua" ]; do sleep 0.05; done
        cp "$TMP/logs/ledger.sqlite" "$TMP/later/notes.db") &
    improve late "sleep 1; echo '$good' | sed \"s/0.5/0.\$(date +%N)/\" >policy.lua" --agent-read "$TMP/later" \
        -n 3 --set patience=9 >"$TMP/out" 2>&1
    wait $!
    grep -q 'the model failed: command: the run is sealed, and now .*/later shows a ledger' "$TMP/out"
    ok "a ledger that comes later ends a sealed run" $? "$(cat "$TMP/out")"
    ln -s "$TMP/shown" "$TMP/shows/here"
    improve here "cat '$TMP/shows/here/hint'; echo '$good' >policy.lua" --agent-read "$TMP/shows/here" >"$TMP/out" 2>&1
    said "a link to a harmless folder is shown by its name" 'from its settings' here
    improve tree "find '$ROOT/policies' -type f | sed 's/^/left: /'; echo '$good' >policy.lua" \
        --agent-read "$ROOT/policies" >"$TMP/out" 2>&1
    ! grep -q UNSEALED "$TMP/out" && ! grep -q '^left: ' "$TMP/tree/agent/001.log"
    ok "the policies beside this program are covered" $? "$(cat "$TMP/out" "$TMP/tree/agent/001.log")"
    # Ratchet as it may be installed in what is shown is covered.
    mkdir -p "$TMP/prefix/bin" "$TMP/prefix/share/ratchet" "$TMP/prefix/libexec/ratchet"
    cp "$RATCHET" "$TMP/prefix/bin/" && cp "$RATCHET-worker" "$TMP/prefix/libexec/ratchet/"
    cp -r policies "$TMP/prefix/share/ratchet/"
    echo 'echo a tool of its own' >"$TMP/prefix/bin/helper" && chmod +x "$TMP/prefix/bin/helper"
    improve installed "helper; '$TMP/prefix/bin/ratchet' run cartpole policy.lua -n 1 && echo CHEATED
        find '$TMP/prefix' -type f | sed 's/^/left: /'; echo '$good' >policy.lua" \
        --agent-read "$TMP/prefix" >"$TMP/out" 2>&1
    ! grep -q UNSEALED "$TMP/out"
    ok "a prefix that ratchet is installed in stays sealed" $? "$(cat "$TMP/out")"
    said "its other programs are there" 'a tool of its own' installed
    ! grep -q 'CHEATED\|left:.*\(lua\|worker\|jsonl\)' "$TMP/installed/agent/001.log"
    ok "ratchet is not" $? "$(cat "$TMP/installed/agent/001.log")"
else
    skip "cheats in a sealed workspace" "agents cannot be sealed here: see ratchet doctor" bwrap
fi

kill "$server"

# Unsealed: the mark is everywhere. bwrap is missing from this PATH.
mkdir "$TMP/bin"
for tool in sh cat sleep ln head yes sed cp stat chmod mkdir mkfifo; do
    ln -s "$(command -v $tool)" "$TMP/bin/$tool"
done
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$TMP/bin/python3"
timeout=$(command -v timeout)
unsealed() {
    folder=$1 agent=$2
    shift 2
    PATH=$TMP/bin "$timeout" 60 "$RATCHET" improve cartpole --policy "$start" --model "command:$agent" \
        --out "$TMP/$folder" --set target=501 --set dev=4 --set gate=16 -n 1 --unsealed "$@"
}
bare() { # as unsealed, without --unsealed
    PATH=$TMP/bin "$timeout" 60 "$RATCHET" improve cartpole --policy "$start" --model "command:$1" \
        --out "$TMP/bare" --set target=501 --set dev=4 --set gate=16 -n 1
}
expect "what cannot be sealed does not run" 1 'cannot be sealed: bwrap is missing.*With --unsealed' \
    bare "touch '$TMP/ran'"
[ ! -e "$TMP/ran" ]
ok "not for a moment" $?
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
    --out "$TMP/shot" --set target=501 --set dev=4 -n 1 --unsealed >"$TMP/out" 2>&1 &
pid=$!
for _ in $(seq 100); do
    ps -eo args | grep -qx 'sleep 40.3' && break
    sleep 0.1
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
left 40.3
ok "a run that is killed takes its agent along" $? "$(ps -eo pid,ppid,args | grep sleep)"

# What it is given by name: variables that nothing keeps, copies that go with its home.
mkdir -p "$TMP/user/.tool/deep" "$TMP/apart"
echo '{"token": "tok-5577aa"}' >"$TMP/user/.tool/deep/auth.json"
ln -s deep/auth.json "$TMP/user/.tool/link"
echo settings >"$TMP/apart/file.toml"
gives="echo \"keys: \${GIVEN_KEY:+1}\"; echo \"others: \${OTHER_KEY:-0}\"
    cat \$HOME/.tool/deep/auth.json \$HOME/.tool/link \$HOME/file.toml; echo more >>\$HOME/.tool/link
    echo \"my key is \$GIVEN_KEY\"; printf %s \"\$GIVEN_KEY\"; echo \"Use \$GIVEN_KEY.\" >change.txt
    ratchet tool note \"{\\\"text\\\": \\\"The key is \$GIVEN_KEY.\\\"}\"
    echo '$good' | sed \"s/^/-- \$GIVEN_KEY\\n/\" >policy.lua"
given() { # given FOLDER RUNNER
    GIVEN_KEY=sk-given-0a1b2c3d OTHER_KEY=sk-other-0a1b2c3d HOME=$TMP/user $2 "$1" "$gives" \
        --agent-env GIVEN_KEY --agent-copy "$TMP/user/.tool" --agent-copy "$TMP/apart/file.toml" >"$TMP/out" 2>&1
    ok "$1: a run with an agent that is given things" $? "$(cat "$TMP/out")"
    said "$1: the variable is there" 'keys: 1' "$1"
    said "$1: no other is" 'others: 0' "$1"
    [ "$(grep -c 'tok-5577aa' "$TMP/$1/agent/001.log")" -eq 2 ]
    ok "$1: copies lie where they lay under HOME" $? "$(cat "$TMP/$1/agent/001.log")"
    said "$1: others under their names" '^settings' "$1"
    ! grep -rq 'sk-given' "$TMP/$1" "$TMP/logs" "$TMP/out"
    ok "$1: the value is in nothing that was kept" $? "$(grep -rl 'sk-given' "$TMP/$1" "$TMP/logs")"
    said "$1: it is hidden in what it printed" 'my key is \*\*\*\*' "$1"
    [ ! -e "$TMP/$1/agent/home" ] && ! grep -rq 'tok-5577aa' "$TMP/$1/agent/001"
    ok "$1: the copies are gone" $? "$(find "$TMP/$1/agent")"
    [ "$(cat "$TMP/user/.tool/deep/auth.json")" = '{"token": "tok-5577aa"}' ]
    ok "$1: what they are copies of is as it was" $?
}
given given-open unsealed
[ "$sealed" != True ] || given given-sealed improve
if [ "$sealed" = True ]; then
    GIVEN_KEY=sk-given-0a1b2c3d "$RATCHET" improve cartpole --policy "$start" --model 'command:exec sleep 33.7' \
        --out "$TMP/argv" --set target=501 --set dev=4 -n 1 --agent-env GIVEN_KEY --agent-copy "$TMP/user/.tool" \
        >"$TMP/out" 2>&1 &
    pid=$!
    for _ in $(seq 100); do
        ps -eo args | grep -qx 'sleep 33.7' && break
        sleep 0.1
    done
    ! ps -eo args | grep -v grep | grep -q 'sk-given'
    ok "no value is among the words of a program" $?
    [ -e "$TMP/argv/agent/home/.tool" ]
    ok "the home is there while it works" $?
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    timeout 20 "$RATCHET" improve --resume --out "$TMP/argv" --agent-minutes 0.005 >/dev/null 2>&1
    [ ! -e "$TMP/argv/agent/home" ]
    ok "what a run that was killed left of copies goes when it goes on" $? "$(ls -a "$TMP/argv/agent")"
fi
misused() { # misused NAME PATTERN OPTION...: exit status 2, and nothing was begun
    misuse=$1 want_=$2
    shift 2
    expect "$misuse" 2 "$want_" unsealed misused 'true' "$@"
    [ ! -e "$TMP/misused" ]
    ok "$misuse: nothing was begun" $?
}
misused "--agent-read of what is not there" '--agent-read .*nothing: No such file' --agent-read "$TMP/nothing"
misused "--agent-copy of what is not there" '--agent-copy .*nothing: No such file' --agent-copy "$TMP/nothing"
misused "--agent-env of what is not set" '--agent-env NOT_SET_AT_ALL: this variable is not set' --agent-env NOT_SET_AT_ALL
misused "--agent-env with a value" 'give the name of a variable alone' --agent-env KEY=sk-1
misused "--agent-env of what the seal sets" '--agent-env PATH: the seal sets it' --agent-env PATH
misused "--agent-env of the loader's" '--agent-env LD_PRELOAD: it would' --agent-env LD_PRELOAD

# Tokens and money, as the programs of agents print them; what they do not tell is unknown.
counted() { # counted NAME TOKENS USD ESTIMATED PRINTED: of its iteration
    unsealed "counts-$1" "echo '$5'; echo '$good' >policy.lua" >"$TMP/out" 2>&1
    "$RATCHET" ledger "$TMP/counts-$1" --list calls --json >"$TMP/calls.json"
    json "$TMP/calls.json" '[[r["tokens_in"] + r["tokens_out"] if r["estimated"] == "no" else "estimate", r["usd"], r["estimated"]] for r in j]' >"$TMP/said"
    [ "$(cat "$TMP/said")" = "[[$2, $3, '$4']]" ]
    ok "what $1 says that it used" $? "$(cat "$TMP/said" "$TMP/calls.json")"
}
counted claude 3030 0.0157 no '{"type":"result","total_cost_usd":0.0157,"usage":{"input_tokens":3000,"output_tokens":30}}'
counted codex 3050 None no '{"type":"turn.completed","usage":{"input_tokens":3000,"output_tokens":50}}'
counted gemini 2020 None no '{"type":"result","stats":{"total_tokens":2020,"input_tokens":2000,"output_tokens":20}}'
counted opencode 1010 0.5 no '{"type":"step_finish","part":{"tokens":{"input":1000,"output":10},"cost":0.5}}'
counted nobody "'estimate'" None yes 'Done.'
counted liar "'estimate'" None yes '{"type":"result","total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0}}'

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

# Nobody else gets at what an agent leaves, while it works or later, and nothing of it has rights
# of its own: set-id bits go, and what is neither file, folder nor link goes.
leaves='stat -c "while at work: %a" .
    cp /bin/true suid; chmod 6755 suid; mkdir -p d/e; cp /bin/true d/e/deep; chmod 4777 d/e/deep
    chmod 7777 d/e d; ln suid twice; cp /bin/true shut; chmod 4000 shut; mkdir closed; chmod 2000 closed
    mkfifo fifo; python3 -c "import os, socket
s = socket.socket(socket.AF_UNIX); s.bind(\"sock\")
try: os.mknod(\"device\", 0o20666, os.makedev(1, 3))
except OSError: pass
for i in range(700): os.mkdir(\"n\"); os.chdir(\"n\")
open(\"bottom\", \"w\"); os.chmod(\"bottom\", 0o4755)"
    chmod 7777 .'
outside() { # what links may lead to stays as it is
    mkdir -p "$TMP/outside"
    cp /bin/true "$TMP/outside/tool"
    chmod 4755 "$TMP/outside/tool"
    chmod 2755 "$TMP/outside"
}
left_well() { # left_well NAME FOLDER
    find "$TMP/$2/agent" \( -perm /7000 -o \( ! -type f ! -type d ! -type l \) \) -printf '%M %p\n' >"$TMP/found"
    [ ! -s "$TMP/found" ]
    ok "$1: no set-id bits, no devices, pipes, sockets" $? "$(head -5 "$TMP/found")"
    find "$TMP/$2" "$TMP/$2/agent" "$TMP/$2/agent/001" "$TMP/$2/briefs" -maxdepth 0 -printf '%m ' >"$TMP/found"
    [ "$(cat "$TMP/found")" = "700 700 700 700 " ]
    ok "$1: the run's folders are 0700" $? "$(cat "$TMP/found")"
    [ "$(find "$TMP/$2/agent/001" -name suid -o -name deep -o -name bottom | wc -l)" -ge 2 ]
    ok "$1: its files are still there" $? "$(find "$TMP/$2/agent/001" | head -20)"
    [ "$(stat -c %a "$TMP/outside" "$TMP/outside/tool" | tr '\n' ' ')" = "2755 4755 " ]
    ok "$1: what its links lead to is untouched" $? "$(ls -la "$TMP/outside")"
}
outside
umask 000
unsealed bits "$leaves; ln -s '$TMP/outside' link; ln '$TMP/outside/tool' hard; ln -s '$TMP/outside/tool' soft
    echo '$good' >policy.lua" >"$TMP/out" 2>&1
said "the folder is 0700 while it works" '^while at work: 700' bits
left_well unsealed bits
unsealed caps "python3 -c 'import os, struct
open(\"caps\", \"w\").close()
os.setxattr(\"caps\", \"security.capability\", struct.pack(\"<5I\", 0x02000001, 1 << 13, 0, 0, 0))
print(\"capable\")'; echo '$good' >policy.lua" >"$TMP/out" 2>&1
if grep -q '^capable' "$TMP/caps/agent/001.log"; then
    python3 -c 'import os, sys; print(os.listxattr(sys.argv[1]))' "$TMP/caps/agent/001/caps" >"$TMP/found"
    ! grep -q capability "$TMP/found"
    ok "capabilities of a file are taken away" $? "$(cat "$TMP/found")"
else
    skip "capabilities of a file are taken away" "this user or file system cannot give any" setcap
fi
if [ "$sealed" = True ]; then
    improve sealed-bits "$leaves; echo '$good' >policy.lua" >"$TMP/out" 2>&1
    said "sealed, too" '^while at work: 700' sealed-bits
    left_well sealed sealed-bits
fi
umask 022
mkdir -p "$TMP/killed/agent/001"
cp /bin/true "$TMP/killed/agent/001/tool" && chmod 4755 "$TMP/killed/agent/001/tool"
unsealed killed "echo '$good' >policy.lua" >"$TMP/out" 2>&1
[ "$(stat -c %a "$TMP/killed/agent/001.old-1/tool" "$TMP/killed/agent/001.old-1" | tr '\n' ' ')" = "755 700 " ]
ok "what a run that was killed left loses its rights when it goes on" $? "$(ls -laR "$TMP/killed/agent")"
mkdir -p "$TMP/log/agent" && ln -s "$TMP/outside/log" "$TMP/log/agent/001.log"
unsealed log "echo '$good' >policy.lua" >"$TMP/out" 2>&1
[ ! -e "$TMP/outside/log" ]
ok "no log is written through a link" $? "$(cat "$TMP/out")"

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
