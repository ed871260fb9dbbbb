# paces.t - decisions depend on counts, not on clocks: candidate and incumbent take turns on the
# hidden seeds, what one of them loses to a stall is no gain of the other, and a slow model comes
# to what a fast one comes to. A plug-in (tests/plugin/falls.c) in which a way gains the same in
# every episode; replies are fixtures, verdicts are computed.
. tests/tap.sh

policy() { # policy FILE SENTENCE EXPRESSION of the place o.place
    printf '%s\n\n```lua\nreturn { act = function(o)\n  return %s\nend }\n```\n' "$2" "$3" >"$TMP/$1"
}
printf 'return { act = function() return 0 end }\n' >"$TMP/start.lua"
policy near.txt "Take the bridge once." "o.place == 0 and 2 or 0"
policy far.txt "Take the bridge always." "2"
for i in 1 2 3; do
    echo "I have no idea, $i." >"$TMP/none-$i.txt"
done
session() { # session NAME REPLY...
    name=$1
    shift
    (cd "$TMP" && python3 "$ROOT/tests/tools/make_session.py" "$name.jsonl" "$@")
    # by the rules of a live run, which it is compared with
    sed -i 's/"brief_format": "1"/"brief_format": "2"/' "$TMP/$name.jsonl"
}
session near near.txt none-1.txt none-2.txt far.txt
improve() { # improve RUN MODEL [OPTION...]
    run=$TMP/$1
    model=$2
    shift 2
    "$RATCHET" improve falls --plugin "$BUILD/tests/falls.so" --policy "$TMP/start.lua" \
        --model "$model" --out "$run" --json --set toll=1000 --set dev=4 "$@" >"$TMP/out.json" 2>"$TMP/err"
}
turns() { # turns RUN: how the sides took turns in each comparison, as the ledger has it; what is
    # measured beside it (perturbed starts, sticky actions) compares nothing
    python3 - "$TMP/logs/ledger.sqlite" "$TMP/$1" <<'P'
import itertools
import sqlite3
import sys
db = sqlite3.connect(sys.argv[1])
run, = db.execute("SELECT id FROM run WHERE name = ?", (sys.argv[2],)).fetchone()
for scope, in db.execute("SELECT DISTINCT scope FROM episode WHERE run = ? AND purpose = 'gate'"
                         " AND scope <> 'starts' AND scope NOT LIKE 'sticky %'", (run,)):
    # The seeds in the order in which they were begun, and who played each first.
    first, order = {}, []
    for sha, index in db.execute("SELECT sha256, seed_index FROM episode WHERE run = ? AND purpose ="
                                 " 'gate' AND scope = ? ORDER BY rowid", (run, scope)):
        order.append((sha, index))
        first.setdefault(index, sha)
    if len({sha for sha, _ in order}) < 2:
        continue
    halves = [(sha, [i for _, i in g]) for sha, g in itertools.groupby(
        order, lambda e: (e[0], first[e[1]] == e[0]))]
    leads = [h for h in halves if h[0][1]]
    follows = [h for h in halves if not h[0][1]]
    pairs = [(a, b) for a, b in zip(halves[::2], halves[1::2])]
    print(scope,
          "halves alike" if len(leads) == len(follows) and all(
              sorted(a[1]) == sorted(b[1]) and a[0][0] != b[0][0] for a, b in pairs) else halves,
          "of 8 at most" if max(len(h[1]) for h in halves) <= 8 else halves,
          "in turn" if all(a[0][0] != b[0][0] for a, b in zip(leads, leads[1:]))
          else ["%s %d" % (h[0][0][:2], len(h[1])) for h in leads])
P
}
are_turns() { # are_turns NAME RUN SCOPE...
    name=$1 run=$2
    shift 2
    turns "$run" >"$TMP/turns.txt"
    printf '%s halves alike of 8 at most in turn\n' "$@" | cmp -s - "$TMP/turns.txt"
    ok "$name" $? "$(cat "$TMP/turns.txt" "$TMP/err")"
}

# Turns of eight, ABBA, however many pairs a look wants (8, 16, 24, 36, 54, 81, 121, 128).
improve whole "recorded:$TMP/near.jsonl" --set gate=128 --set challenger=0 --iterations 1
are_turns "the sides take turns of eight, and turns in who begins" whole gain "iteration 1"
improve few "recorded:$TMP/near.jsonl" --set gate=128 --set challenger=0 --iterations 1 --set starts=17
are_turns "where seeds give few starts, too" few "every start" gain

# A slow model beside a fast one, on one salt: the near miss gets as many further pairs while the
# model thinks long as while it answers at once.
same() { # same NAME RUN: the verdicts, counts and steps of the run `fast`. What a request cost is
    # estimated by its length, and it tells what earlier runs noted.
    for run in fast "$2"; do
        for list in climb challengers steps episodes calls; do
            "$RATCHET" ledger "$TMP/$run" --list $list --json >"$TMP/rows.json"
            json "$TMP/rows.json" '"\n".join(sorted(str({k: v for k, v in r.items()
                if k not in ("seconds", "created", "when", "model", "run", "tries", "tokens_in")}) for r in j))'
        done >"$TMP/$run.txt"
    done
    grep -q "'verdict': 'better', .*144" "$TMP/fast.txt" && cmp -s "$TMP/fast.txt" "$TMP/$2.txt"
    ok "$1" $? "$(diff "$TMP/fast.txt" "$TMP/$2.txt" | head -20; cat "$TMP/err")"
}
set -- --set gate=32 --set challenger=64 --iterations 4
improve fast "recorded:$TMP/near.jsonl" "$@"
ok "a model that answers at once" $? "$(cat "$TMP/err")"
for pause in 0 1.5; do
    mkdir "$TMP/after-$pause"
    cp -p "$TMP/fast/salt" "$TMP/after-$pause/salt"
    (i=0
    for reply in near.txt none-1.txt none-2.txt far.txt; do
        i=$((i + 1))
        until [ -e "$TMP/box-$pause/000$i-request.md" ]; do sleep 0.1; done
        sleep $pause
        cp "$TMP/$reply" "$TMP/box-$pause/000$i-reply.md"
    done) &
    improve "after-$pause" "files:$TMP/box-$pause" "$@"
    ok "one that writes its reply $pause s after each request" $? "$(cat "$TMP/err")"
    kill $! 2>/dev/null
    wait $! 2>/dev/null
    same "comes to the same" "after-$pause"
done

# The machine stalls while one side plays its half of a turn: its workers are stopped for longer
# than stall_ms, until two of its episodes are lost, both times that each is tried. The other
# way earns as much as the plain one; an episode that is lost scores -2000.
policy slow.txt "The other way." "(function() for i = 1, 1500000 do end return 2 end)()"
session slow slow.txt
printf 'return { act = function() for i = 1, 1500000 do end return 0 end }\n' >"$TMP/start.lua"
cat >"$TMP/stall.py" <<'P'
import os
import signal
import sqlite3
import subprocess
import sys
import time

whose, ledger, out = sys.argv[1:4]
p = subprocess.Popen(sys.argv[4:], stdout=subprocess.DEVNULL)
stopped = set()


def workers():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            parent = int(open("/proc/%s/stat" % pid).read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == p.pid:
            yield int(pid)


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def rows():  # [(is the candidate's, fault)] of the comparison so far; the candidate begins
    try:
        db = sqlite3.connect("file:%s?mode=ro" % ledger, uri=True)
        found = db.execute("SELECT e.sha256, e.fault FROM episode e JOIN run ON run.id = run AND name = ?"
                           " WHERE purpose = 'gate' AND scope = 'iteration 1' ORDER BY e.rowid",
                           (out,)).fetchall()
        db.close()
    except sqlite3.Error:
        return []
    return [(sha == found[0][0], fault) for sha, fault in found]


while p.poll() is None:
    seen = rows()
    lost = any(fault for is_candidate, fault in seen if is_candidate == (whose == "candidate"))
    is_its_half = 1 <= len(seen) < 8 if whose == "candidate" else 9 <= len(seen) < 16
    if is_its_half and not lost:
        now = set(workers())
        signal_all(now - stopped, signal.SIGSTOP)
        stopped |= now
    else:
        signal_all(stopped, signal.SIGCONT)
        stopped.clear()
    time.sleep(0.002)
print(sum(fault != 0 for _, fault in rows()))
sys.exit(p.returncode)
P
for whose in incumbent candidate; do
    python3 "$TMP/stall.py" $whose "$TMP/logs/ledger.sqlite" "$TMP/stall-$whose" \
        "$RATCHET" improve falls --plugin "$BUILD/tests/falls.so" --policy "$TMP/start.lua" \
        --model "recorded:$TMP/slow.jsonl" --out "$TMP/stall-$whose" --set toll=0 --set dev=4 \
        --set gate=16 --set challenger=0 --set stall_ms=1000 --set act_instructions=1e7 \
        --iterations 1 --jobs 2 >"$TMP/lost.txt" 2>"$TMP/err"
    [ "$(cat "$TMP/lost.txt")" -ge 1 ]
    ok "a stall of the $whose's half loses it an episode" $? "$(cat "$TMP/lost.txt" "$TMP/err")"
    "$RATCHET" ledger "$TMP/stall-$whose" --list climb --json >"$TMP/v.json"
    [ "$(json "$TMP/v.json" '[(r["verdict"], r["pairs"], r["low"] == -r["high"]) for r in j]')" = "[('unclear', 16, True)]" ]
    ok "which is neither gain nor loss" $? "$(cat "$TMP/v.json")"
    "$RATCHET" ledger "$TMP/stall-$whose" --list episodes --json >"$TMP/e.json"
    [ "$(json "$TMP/e.json" 'len({r["policy"] for r in j if r["scope"] == "iteration 1 again"})')" = 2 ]
    ok "both sides play them again" $? "$(json "$TMP/e.json" '[r for r in j if "again" in r["scope"]]')"
done
done_testing
