# nightly.t - nights on a fake clock: one that improves, one that breaks a case, one that dies
# at 3 o'clock and goes on; then the lock, the hook, the log, pruning and installation.
. tests/tap.sh
cd "$TMP" || exit 1
night=$TMP/logs/nightly
lean() { # lean FILE EXPRESSION: a reply
    printf 'Lean.\n\n```lua\nreturn { act = function(o)\n  return %s > 0 and 1 or 0\nend }\n```\n' \
        "$2" >"$1"
}
lean a.txt "o.angle"
lean b.txt "o.angle + 0.5 * o.angular_velocity"
lean c.txt "o.angle + 0.6 * o.angular_velocity"
python3 "$ROOT/tests/tools/make_session.py" first.jsonl a.txt b.txt
python3 "$ROOT/tests/tools/make_session.py" second.jsonl c.txt
cp "$ROOT/policies/cartpole/start.lua" my.lua
cat >tuned.lua <<'L'
local k
return {
  params = { k = { default = 0.1, min = -1, max = 1 } },
  reset = function(info) k = info.params.k end,
  act = function(o) return o.angle + k * o.angular_velocity > 0 and 1 or 0 end,
}
L
config() { # config MODEL [MORE-KEYS [MORE-TASKS [ITERATIONS]]]
    cat >night.json <<J
{"tasks": [{"name": "pole", "task": "cartpole", "policy": "my.lua", "model": "$1",
            "set": ["target=501", "dev=8", "gate=32", "holdout=20"],
            "budget": {"iterations": ${4-2}, "minutes": 5}}${3-}]${2:+, $2}}
J
}
at() { # at "DATE TIME": a night
    "$RATCHET" nightly night.json --at "$1"
}
field() { # field FILE EXPRESSION PATTERN NAME
    json "$1" "$2" >value 2>&1
    grep -Eq -- "$3" value
    ok "$4" $? "$(cat value)"
}

# The first night improves.
config recorded:first.jsonl '"after": "cat >>hook.json", "log_kib": 4'
expect "a night that improves" 0 'pole: better, dev mean' at "2026-11-20 03:00"
s=$night/2026-11-20.json
field "$s" '(j["status"], j["tasks"][0]["improve"]["promotions"] > 0, j["tasks"][0]["is_adopted"])' \
    '^\(0, True, True\)$' "its summary"
field "$s" 'j["tasks"][0]["freeze"]["hidden_mean"] > j["tasks"][0]["improve"]["start_mean"]' True \
    "it opened the holdout seeds of what got better"
cmp -s "$night/pole/best.lua" "$night/pole/2026-11-20/best.lua"
ok "the new incumbent is kept" $?
[ -n "$(ls "$night/pole/cases")" ]
ok "and the cases that it won" $?
cmp -s hook.json "$s" || python3 -c 'import json; a, b = json.load(open("hook.json")), json.load(open("'"$s"'")); assert a == b'
ok "the command after it had the summary on its input" $?
grep -q 'class="night"' "$night/2026-11-20.html"
ok "the report is there" $?

# In the second, someone has broken what was mastered.
printf 'return { act = function(o) return 0 end }\n' >my.lua
config recorded:second.jsonl
expect "a night that finds a broken case" 1 'BROKEN: pole, 2026-11-20-case-001' at "2026-11-21 03:00"
s=$night/2026-11-21.json
field "$s" 'j["lines"][0]' '^BROKEN: pole, 2026-11-20-case-001: .* on .*my.lua' \
    "the broken case is the first line of the summary"
python3 - "$night/2026-11-21.html" >value 2>&1 <<'P'
import re
import sys
text = re.sub(r"(?s)<(style|script)>.*?</\1>", "", open(sys.argv[1]).read())
body = re.sub(r"<[^>]*>", "\n", text[text.index("<body>"):])
print([line for line in body.splitlines() if line.strip()][0])
P
grep -q '^BROKEN: pole, 2026-11-20-case-001' value
ok "and of the report" $? "$(cat value)"
field "$s" 'j["tasks"][0]["improve"]["start_mean"] < 20' True "it began with the policy as it was"
field "$s" 'j["tasks"][0]["is_adopted"], j["tasks"][0]["broken"] != []' '^\(True, True\)$' \
    "what it learned passes the broken case again, and is taken"

# The third dies at 3 o'clock, in the middle of its improvement.
cp tuned.lua my.lua
config search '' ', {"name": "other", "task": "cartpole", "model": "recorded:second.jsonl", "freeze": false,
            "policy": "'"$ROOT"'/policies/cartpole/start.lua",
            "set": ["dev=4", "gate=16"], "budget": {"iterations": 1}}' 1
"$RATCHET" nightly night.json --at "2026-11-22 02:59" >third.txt 2>&1 &
pid=$!
for i in $(seq 100); do
    sqlite=$(python3 -c 'import sqlite3; print(sqlite3.connect("logs/ledger.sqlite").execute(
"SELECT count(*) FROM episode e JOIN run ON run.id = e.run WHERE run.name LIKE ?",
("%pole/2026-11-22",)).fetchone()[0])' 2>/dev/null)
    [ "${sqlite:-0}" -gt 4 ] && break
    sleep 0.1
done
kill -9 $pid
wait $pid 2>/dev/null
[ -e "$night/night.json" ] && [ "${sqlite:-0}" -gt 4 ]
ok "a night is killed while it improves" $? "$sqlite episodes; $(cat third.txt)"
field "$night/night.json" '(j["night"], j["tasks"][0]["stage"], j["tasks"][0]["done"])' \
    "^\('2026-11-22', 'improve', \['cases'\]\)$" "its state says how far it was"
[ -s "$night/lock" ]
ok "and its lock is still signed"  $?
at "2026-11-23 08:00" >resumed.txt 2>&1
status=$?
s=$night/2026-11-22.json
field "$s" '(j["night"], j["resumed"], len(j["tasks"]), [t.get("error") for t in j["tasks"]])' \
    "^\('2026-11-22', 1, 2, \[None, None\]\)$" "the next morning it goes on to its end"
[ "$status" = "$(json "$s" 'j["status"]')" ]
ok "with the night's status" $? "$status; $(cat resumed.txt)"
grep -q 'the lock of a dead owner is taken over: process .* since 2026-11-22T02:59:[0-9]*Z' resumed.txt
ok "and says whose lock it took over" $? "$(cat resumed.txt)"
grep -q 'pole: improvement goes on' resumed.txt
ok "the run was resumed, not begun anew" $? "$(cat resumed.txt)"
[ ! -e "$night/night.json" ] && [ ! -s "$night/lock" ]
ok "nothing is left of it to go on with" $?
"$RATCHET" improve cartpole --policy tuned.lua --model search --out alone --set target=501 \
    --set dev=8 --set gate=32 --set holdout=20 --set iterations=1 --set minutes=5 --json >alone.json
python3 - alone.json "$s" >value 2>&1 <<'P'
import json
import sys
alone, night = json.load(open(sys.argv[1])), json.load(open(sys.argv[2]))
night = night["tasks"][0]["improve"]
assert night["steps"]["tuning"] > 0
for a, b in (alone, night), (alone["steps"], night["steps"]):
    for key in {"start_mean", "iterations", "tuning"} & set(a):
        assert a[key] == b[key], (key, alone, night)
P
ok "no step of the tuning was counted twice: as many as of a run without a death" $? "$(cat value)"

# Asked to end (a shutdown), it ends, and goes on later.
cp tuned.lua my.lua
echo "-- changed" >>my.lua
config search '' '' 1
: >ended.txt
"$RATCHET" nightly night.json --at "2026-11-23 08:10" >ended.txt 2>&1 &
pid=$!
while ! grep -q 'improvement begins' ended.txt; do sleep 0.1; done
sleep 0.3
kill $pid
wait $pid
status=$?
{ [ $status -eq 2 ] && grep -q 'interrupted; .ratchet nightly. goes on' ended.txt; }
ok "a night that is asked to end does, with status 2" $? "$status; $(cat ended.txt)"
at "2026-11-23 09:00" >resumed.txt 2>&1
field "$night/2026-11-23.json" '(j["resumed"], j["tasks"][0].get("error"))' '^\(1, None\)$' "and goes on with the next call"

# What is better and breaks an earlier case is not taken. A pole that nobody can save is one.
cp "$night/pole/best.lua" before.lua
printf -- '-- left\nreturn { act = function(o) return 0 end }\n' >my.lua
mkdir doomed
case=$night/pole/cases/2026-11-20-case-001.json
"$RATCHET" run cartpole my.lua -n 1 --seed "$(json "$case" 'j["seed"]')" --json >left.json
python3 - "$case" left.json <<'P'
import json
import sys
case, left = (json.load(open(f)) for f in sys.argv[1:])
n = left["episodes"][0]["steps"] - 1
case.update(name="doomed", prefix="0*%d" % n, take_over=n, horizon=50)
case["must"] = {"not_happen": "fell", "within": "horizon"}
json.dump(case, open("doomed/doomed.json", "w"))
P
config recorded:second.jsonl
sed 's/"model"/"cases": "doomed", "model"/' night.json >doomed.json
expect "what breaks a case is not taken" 1 'pole: dev mean .* not taken: it breaks 1 cases of earlier nights, doomed first' \
    "$RATCHET" nightly doomed.json --at "2026-11-23 10:00"
cmp -s before.lua "$night/pole/best.lua"
ok "the incumbent stays" $?

# One at a time.
python3 - "$night/lock" <<'P' &
import fcntl
import sys
import time
f = open(sys.argv[1], "r+")
fcntl.flock(f, fcntl.LOCK_EX)
f.write("process 4711 on there since 2026-11-23 03:00:00\n")
f.flush()
open("held", "w")
time.sleep(60)
P
holder=$!
while [ ! -e held ]; do sleep 0.1; done
expect "a second night at once is refused, with the owner" 2 \
    'another night is running: process 4711 on there since 2026-11-23 03:00:00 \(0 minutes\)' \
    at "2026-11-23 08:30"
kill $holder
wait $holder 2>/dev/null
: >"$night/lock"

# What cannot be run.
cp "$night/pole/best.lua" my.lua
config recorded:nowhere.jsonl
expect "a task that cannot run" 2 'pole: could not be run: improvement: .*nowhere.jsonl' at "2026-11-24 03:00"
python3 - "$night" <<'P'
import sys
open(sys.argv[1] + "/night.json", "w").write("{")
P
expect "a damaged state is told" 2 'night.json: damaged; remove it' at "2026-11-25 03:00"
rm "$night/night.json"
bad() { # bad NAME CONFIG PATTERN
    printf '%s' "$2" >bad.json
    expect "config: $1" 2 "$3" "$RATCHET" nightly bad.json
}
bad "no JSON" '{' 'bad.json: line 1'
bad "no tasks" '{}' '"tasks" must be a list'
bad "unknown key" '{"tasks": [{"task": "cartpole"}], "mail": 1}' 'unknown key "mail"'
bad "unknown key of a task" '{"tasks": [{"task": "cartpole", "modell": "x"}]}' 'task 1: unknown key "modell"'
bad "unknown budget" '{"tasks": [{"task": "cartpole", "budget": {"euros": 1}}]}' 'unknown key "euros"'
bad "a name that is a path" '{"tasks": [{"task": "cartpole", "name": "../x"}]}' 'give it a "name"'
bad "two of a name" '{"tasks": [{"task": "cartpole"}, {"task": "cartpole"}]}' 'another task is called'
bad "a time that is none" '{"tasks": [{"task": "cartpole"}], "at": "25:00"}' 'must be a time'
bad "the wrong kind" '{"tasks": [{"task": "cartpole", "freeze": 1}]}' 'true or false'
expect "config: not there" 2 'nowhere.json' "$RATCHET" nightly nowhere.json

# The log rotates; pruning keeps what is needed.
[ -e "$night/night.log" ]
ok "there is a log" $?
config recorded:first.jsonl '"log_kib": 4'
python3 -c 'print("x" * 5000)' >>"$night/night.log"
at "2026-11-26 03:00" >/dev/null 2>&1
[ -e "$night/night.log.1" ] && [ "$(wc -c <"$night/night.log")" -lt 4096 ]
ok "which is rotated" $? "$(ls -l "$night")"
expect "prune explains" 0 'would .*briefs/001.md .*in a run that is over' "$RATCHET" prune --dry-run
"$RATCHET" prune --dry-run >value
[ "$(grep -c '^would' value)" -gt 5 ] && grep -q '^keep .*ledger.sqlite  (the ledger)' value &&
    grep -q '^keep .*/salt  (the hidden seeds' value && grep -q '^keep .*case-001.json' value
ok "and tells what stays" $? "$(cat value)"
echo mine >logs/mine.txt
"$RATCHET" test cartpole --policy "$night/pole/best.lua" --cases "$night/pole/cases" --json >before.json
odd="logs/$(printf 'x\377y.replay')"
: >"$odd"
expect "prune --json has files whose names are no UTF-8" 0 '"file": ".*logs/x\?y.replay"' \
    "$RATCHET" prune --dry-run --json
rm "$odd"
"$RATCHET" prune --json >pruned.json
field pruned.json 'j["freed"] > 0 and all(not k["may_go"] for k in j["kept"])' True "prune removes it all"
[ -e logs/mine.txt ] && [ ! -e "$night/pole/2026-11-20/briefs/001.md" ]
ok "but no file of unknown kind" $?
"$RATCHET" test cartpole --policy "$night/pole/best.lua" --cases "$night/pole/cases" --json >after.json
cmp -s before.json after.json
ok "cases and incumbent are as they were" $?
expect "a run of a night can be resumed still" 0 '"iterations": 2' "$RATCHET" improve --resume \
    --out "$night/pole/2026-11-20" --json
expect "reported" 0 'report.html' "$RATCHET" report "$night/pole/2026-11-20"
expect "and frozen once only" 1 'opened already' "$RATCHET" freeze "$night/pole/2026-11-20"

# Installation: shown first, written with --yes, by what this machine has (here: stand-ins).
mkdir bin home
for tool in systemctl crontab; do
    printf '#!/bin/sh\necho "%s $*" >>"%s/calls"\n[ "$1" = - ] && cat >"%s/table"\n' \
        $tool "$TMP" "$TMP" >bin/$tool
    printf '[ "$*" = -l ] && cat "%s/table"\nexit 0\n' "$TMP" >>bin/$tool
    chmod +x bin/$tool
done
printf '5 5 * * * mine\n' >table
install() { # install KIND [--yes]
    HOME=$TMP/home XDG_CONFIG_HOME= PATH=$TMP/bin:$PATH "$RATCHET" nightly night.json --install "$@"
}
expect "a timer is shown" 0 'OnCalendar=\*-\*-\* 03:00:00' install systemd
[ ! -e home/.config ] && [ ! -e calls ]
ok "and not written" $?
expect "with --yes it is written" 0 '^installed' install systemd --yes
grep -q "^ExecStart=\"$RATCHET\" nightly \"$TMP/night.json\"" home/.config/systemd/user/ratchet-nightly.service &&
    grep -q 'systemctl --user enable --now ratchet-nightly.timer' calls
ok "and enabled" $? "$(cat calls home/.config/systemd/user/*)"
expect "a crontab line" 0 "^0 3 \* \* \* cd .* nightly '$TMP/night.json' .*# ratchet nightly" install cron
install cron --yes >/dev/null && install cron --yes >/dev/null
[ "$(grep -c 'ratchet nightly' table)" -eq 1 ] && grep -q '^5 5 \* \* \* mine$' table
ok "is written once, beside what was there" $? "$(cat table)"
sed -n 's/^[0-9 *]* cd/cd/p' table | sed 's/ # ratchet.*//' >line.sh
config recorded:first.jsonl
rm -f "$night/2026-11-26.json"
expect "the line runs as it stands" 0 '' sh line.sh
expect "another kind" 1 'systemd or cron' install launchd
done_testing
