# reproduce.t - a recorded run is played again to the same verdicts, steps and trajectories;
# what was altered parts, and it is said where. The replies are fixtures.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua

lean() { # a whole policy with these weights
    printf '%s\n\n```lua\nreturn { act = function(o)\n' "$1"
    printf '  return %s > 0 and 1 or 0\nend }\n```\n' "$2"
}
lean "Lean against the angle." "o.angle" >"$TMP/reply-1"
lean "Only the speed." "o.velocity" >"$TMP/reply-2"
lean "The speed of the pole." "o.angular_velocity" >"$TMP/reply-3"
lean "Add the angular velocity." "o.angle + 0.5 * o.angular_velocity" >"$TMP/reply-4"
python3 tests/tools/make_session.py "$TMP/replies.jsonl" "$TMP"/reply-[1-4]

improve() { # improve NAME [OPTION...]: a new run
    name=$1
    shift
    ${exec-} "$RATCHET" improve cartpole --policy "$start" --session "$name" \
        --set target=501 --set dev=10 --set gate=32 --set holdout=8 --set audit=8 "$@"
}
reproduce() { "$RATCHET" reproduce "$@"; }
verdicts() { "$RATCHET" ledger "$1" --list climb --json | python3 -c '
import json, sys
print([(r["iteration"], r["verdict"], r["dev_after"], r["low"], r["high"], r["policy"]) for r in json.load(sys.stdin)])'; }
edit() { # edit IN OUT PYTHON: over the session's lines as objects in `s`
    python3 - "$@" <<'PY'
import json, sys
s = [json.loads(l) for l in open(sys.argv[1])]
def reply(k): return [l for l in s if l.get("iteration") == k][0]["reply"]
exec(sys.argv[3])
open(sys.argv[2], "w").write("".join(json.dumps(l) + "\n" for l in s))
PY
}
sqlite() { python3 -c 'import sqlite3,sys; db = sqlite3.connect(sys.argv[1]); n = db.execute(sys.argv[2]).rowcount; db.commit(); sys.exit(n != 1)' "$TMP/logs/ledger.sqlite" "$1"; }
salt_of() { cat "$TMP/logs/$1/salt"; }

# Recorded, and played again.
improve one --model "recorded:$TMP/replies.jsonl" --record "$TMP/s.jsonl" --json >"$TMP/one.json" 2>"$TMP/err"
ok "a run is recorded" $? "$(cat "$TMP/err")"
[ "$(json "$TMP/one.json" '(j["salt"], j["salt_published"], j["promotions"] > 0, j["cases"] > 0)')" = \
    "('fresh', True, True, True)" ]
ok "it says where its salt came from, and that it is published" $? "$(cat "$TMP/one.json")"
tail -1 "$TMP/s.jsonl" | grep -q "\"salt\":\"$(salt_of cartpole-1)\""
ok "the session's end holds the salt" $? "$(tail -1 "$TMP/s.jsonl")"
grep -q '"model":"recorded:replies.jsonl"' "$TMP/s.jsonl" && ! grep -q "$TMP" "$TMP/s.jsonl"
ok "no folder of this machine is in it" $? "$(head -1 "$TMP/s.jsonl" | cut -c1-300)"
expect "the session is reproduced" 0 'reproduced: 4 iterations' reproduce "$TMP/s.jsonl"
expect "so is the run, from the ledger" 0 'reproduced: 4 iterations' reproduce one
expect "and by its folder" 0 'reproduced: 4 iterations' reproduce "$TMP/logs/cartpole-1"
reproduce "$TMP/s.jsonl" --json >"$TMP/r.json" 2>&1
[ "$(json "$TMP/r.json" '(j["reproduced"], j["source"], j["iterations"], j["same"], j["parts"])')" = \
    "(True, 'session', 4, 4, None)" ]
ok "as JSON" $? "$(cat "$TMP/r.json")"
python3 - "$TMP/r.json" "$TMP/one.json" <<'PY'
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(a["steps"] != {k: v for k, v in b["steps"].items() if v and k not in ("planner", "replay")})
PY
ok "the steps by purpose are those of the run" $? "$(cat "$TMP/r.json" "$TMP/one.json")"
mkdir "$TMP/tmp"
TMPDIR=$TMP/tmp reproduce "$TMP/s.jsonl" >/dev/null && [ -z "$(ls "$TMP/tmp")" ]
ok "nothing of it is left behind" $?

# A session whose salt is public judges nothing new.
expect "its run goes on with recorded replies" 0 'session is over' "$RATCHET" improve --resume one
expect "a fork to another model is refused" 1 'its salt is public' "$RATCHET" sessions fork one two --model search
improve searched --model search:generations=2 --iterations 1 \
    --record "$TMP/searched.jsonl" >/dev/null 2>"$TMP/err"
expect "a run with a public salt does not go on" 1 'its salt is public' "$RATCHET" improve --resume searched --iterations 3
expect "a search is reproduced" 0 'reproduced: 1 iterations' reproduce "$TMP/searched.jsonl"

# What is opened with a public salt is not called hidden; the final claim needs a salt that was.
opened() { # opened FILE: as the report's JSON, the table and the report of runs have it
    [ "$(json "$TMP/f.json" '(j["seeds"], j["hidden"]["episodes"])')" = "('$2', 8)" ] &&
        [ "$("$RATCHET" ledger "$1" --list openings --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["seeds"])')" = "$2" ] &&
        [ "$("$RATCHET" report "$1" --json 2>/dev/null | python3 -c 'import json,sys; print(json.load(sys.stdin)["runs"][0]["openings"][0]["seeds"])')" = "$2" ]
}
"$RATCHET" freeze one --json >"$TMP/f.json" 2>&1
opened one published
ok "freeze behind a published session: the opening says so" $? "$(cat "$TMP/f.json")"
expect "audit says it to people" 0 'NO LONGER HIDDEN: the salt was published with the recorded session, after' \
    "$RATCHET" audit one

# Without a session: the ledger keeps the replies of every model.
improve plain --model search:generations=2 --iterations 2 >/dev/null 2>"$TMP/err"
expect "a search without a session is reproduced" 0 'reproduced: 2 iterations' reproduce plain

# Played by --model recorded, verdicts fall as they fell, in a ledger that has other runs.
improve again --model "recorded:$TMP/s.jsonl" --json >"$TMP/again.json" 2>"$TMP/err"
[ "$(json "$TMP/again.json" '(j["salt"], j["iterations"])')" = "('session', 4)" ]
ok "the session's salt is used" $? "$(cat "$TMP/again.json" "$TMP/err")"
[ "$(verdicts again)" = "$(verdicts one)" ]
ok "with the same verdicts and bounds" $? "$(verdicts again; verdicts one)"
(
    export RATCHET_HOME=$TMP/elsewhere # which is not there yet
    improve again --model "recorded:$TMP/s.jsonl" >"$TMP/out.txt" 2>&1
    "$RATCHET" freeze again --json >"$TMP/f.json" 2>&1
    opened again public
)
ok "freeze of a run with a session's salt: the opening says so" $? "$(cat "$TMP/f.json" "$TMP/out.txt")"
expect "its audit is refused, and is not spent" 1 'salt was public before this run began' \
    env RATCHET_HOME="$TMP/elsewhere" "$RATCHET" audit again
expect "so it is where that session was recorded" 1 'one audit|salt was public before' "$RATCHET" audit again
"$RATCHET" ledger --json >"$TMP/runs.json"
[ "$(json "$TMP/runs.json" '[r["salt"] for r in j]')" = "['published', 'published', 'secret', 'published']" ]
ok "the ledger says which salts are public" $? "$(cat "$TMP/runs.json")"
improve fresh --model "recorded:$TMP/s.jsonl" --fresh-salt --json >"$TMP/fresh.json" 2>"$TMP/err"
[ "$(json "$TMP/fresh.json" 'j["salt"]')" = fresh ] &&
    [ "$(json "$TMP/fresh.json" 'j["salt_sha256"]')" != "$(json "$TMP/one.json" 'j["salt_sha256"]')" ]
ok "--fresh-salt draws another" $? "$(cat "$TMP/fresh.json" "$TMP/err")"
expect "another task: it says why the salt is not used" 0 'not used: it was recorded in another task' \
    improve other --model "recorded:$TMP/s.jsonl" --set margin=3
expect "an old session plays" 0 'not used: it is of format 1' improve old --model "recorded:$TMP/replies.jsonl"
expect "but cannot be reproduced" 1 'kept neither its salt' reproduce "$TMP/replies.jsonl"

# While a run goes on its salt is in its folder alone, and after a kill too.
mkdir "$TMP/box"
exec=exec improve killed --iterations 3 --model "files:$TMP/box" --record "$TMP/killed.jsonl" >"$TMP/out.txt" 2>&1 &
pid=$!
for turn in 1 2; do
    for _ in $(seq 100); do
        [ -e "$TMP/box/000$turn-request.md" ] && break
        sleep 0.1
    done
    [ $turn = 1 ] && cp "$TMP/reply-1" "$TMP/box/0001-reply.md"
done
folder=$(grep -o '[^ ]*logs/cartpole-[0-9]*' "$TMP/out.txt" | head -1)
[ "$(stat -c %a "$folder/salt")" = 600 ] && ! grep -rq "$(cat "$folder/salt")" "$TMP/killed.jsonl" "$TMP/box"
ok "a run that goes on: the session holds no salt" $? "$(cat "$TMP/out.txt")"
expect "nor is it reproduced meanwhile" 1 'a process works on it' reproduce killed
kill -9 "$pid"
wait "$pid" 2>/dev/null
! grep -q '"salt"' "$TMP/killed.jsonl"
ok "killed: it holds none either" $?
expect "its session says that" 1 'its salt is not in it' reproduce "$TMP/killed.jsonl"
expect "its run is reproduced from its folder's salt" 0 'reproduced: 1 iterations' reproduce killed
cp "$TMP/reply-2" "$TMP/box/0002-reply.md"
cp "$TMP/reply-3" "$TMP/box/0003-reply.md"
"$RATCHET" improve --resume killed --iterations 3 --record "$TMP/killed.jsonl" >"$TMP/out.txt" 2>&1
ok "resumed, it is recorded on" $? "$(cat "$TMP/out.txt")"
expect "and reproduced as one" 0 'reproduced: 3 iterations' reproduce "$TMP/killed.jsonl"

# What was altered, row by row: the session.
altered() { # altered NAME STATUS PATTERN PYTHON
    edit "$TMP/s.jsonl" "$TMP/altered.jsonl" "$4"
    expect "$1" "$2" "$3" reproduce "$TMP/altered.jsonl"
}
altered "nothing but the layout" 0 'reproduced' 'pass'
altered "a reply" 1 'parts in iteration 3: the replies' \
    'reply(3)["text"] = reply(3)["text"].replace("> 0", "> 0.1")'
altered "a reply, and its digest gone" 1 'parts in iteration 3: the candidate' \
    'reply(3)["text"] = reply(3)["text"].replace("> 0", "> 0.1"); [l.pop("replies", 0) for l in s]'
altered "the salt" 1 'its salt is not the one whose hash was published' \
    's[-1]["end"]["salt"] = s[-1]["end"]["salt"][::-1]'
altered "a salt that is none" 1 'its salt is not the one' 's[-1]["end"]["salt"] = "7"'
altered "the salt and its hash" 1 'parts in iteration [1-4]: ' \
    'import hashlib; x = "ab" * 32; s[-1]["end"]["salt"] = x; s[0]["run"]["salt_sha256"] = hashlib.sha256(x.encode()).hexdigest()'
altered "the task" 1 'start policy\): (steps|dev|traj)' 's[0]["run"]["task"]["frame_skip"] = 2'
altered "the task's splits" 1 'start policy\): ' 's[0]["run"]["task"]["splits"]["dev"] = 9'
altered "the start policy" 1 'start policy is not the one with the hash' \
    's[0]["run"]["start"]["source"] += "\n"'
altered "a verdict" 1 'parts in iteration 2: verdict' \
    '[l["outcome"].update(verdict="better") for l in s if l.get("outcome", {}).get("iteration") == 2]'
altered "a number of steps" 1 'parts in iteration 1: steps of dev' \
    '[l["outcome"]["played"]["steps"].update(dev=7) for l in s if l.get("outcome", {}).get("iteration") == 1]'
altered "the final policy" 1 'the final policy' 's[-1]["end"]["policy_sha256"] = "0" * 64'
altered "an outcome is gone" 1 'what came of iteration 2 is not in it' \
    's = [l for l in s if l.get("outcome", {}).get("iteration") != 2]'
altered "a reply is gone" 1 'replies of iteration 2 are not in it' \
    's = [l for l in s if l.get("iteration") != 2]'
altered "a line behind the end" 1 "behind the session's end" 's.append(s[2])'
altered "another version of ratchet" 0 'recorded by ratchet 0.0.9, this is' 's[0]["ratchet"] = "0.0.9"'
altered "another version of the environment" 1 'recorded in version 99 of cartpole.*\(chance 2\), this is version 1 .*record it anew' \
    's[0]["run"]["env_version"] = 99'
altered "another version of chance" 1 'recorded in version 1 of cartpole \(chance 1\), this is version 1 \(chance 2\)' \
    's[0]["run"]["chance"] = 1'
altered "a session of before chance had its place there" 0 'reproduced' 's[0]["run"].pop("chance")'
edit "$TMP/s.jsonl" "$TMP/altered.jsonl" 's[-1]["end"]["salt"] = "ab" * 32'
expect "an altered salt is not played either" 1 'its salt is not the one' \
    improve bad --model "recorded:$TMP/altered.jsonl"

# The ledger.
row() { # row NAME PATTERN SQL UNDO
    sqlite "$3" || ok "$1: no row was altered" 1
    expect "$1" 1 "$2" reproduce one
    sqlite "$4"
}
of="run = (SELECT run FROM session WHERE name = 'one')"
id_of="id = (SELECT run FROM session WHERE name = 'one')"
row "a verdict of the ledger" 'parts in iteration 2: verdict' \
    "UPDATE candidate SET verdict = verdict || '!' WHERE iteration = 2 AND $of" \
    "UPDATE candidate SET verdict = rtrim(verdict, '!') WHERE iteration = 2 AND $of"
row "a dev mean" 'parts in iteration 3: dev mean' \
    "UPDATE candidate SET dev_after = dev_after + 1 WHERE iteration = 3 AND $of" \
    "UPDATE candidate SET dev_after = dev_after - 1 WHERE iteration = 3 AND $of"
episode="rowid = (SELECT max(rowid) FROM episode WHERE purpose = 'gate' AND scope = 'iteration 1' AND $of)"
row "a score" 'parts in iteration 1: gate episode' \
    "UPDATE episode SET score = score + 1 WHERE $episode" "UPDATE episode SET score = score - 1 WHERE $episode"
row "a trajectory" 'parts in iteration 1: gate episode' \
    "UPDATE episode SET trajectory = trajectory + 1 WHERE $episode" \
    "UPDATE episode SET trajectory = trajectory - 1 WHERE $episode"
row "a reply of the ledger" 'parts in iteration 3: the candidate' \
    "UPDATE call SET reply = replace(reply, '> 0 ', '> 0.5 ') WHERE iteration = 3 AND $of" \
    "UPDATE call SET reply = replace(reply, '> 0.5 ', '> 0 ') WHERE iteration = 3 AND $of"
# What was played in another version is neither compared with new episodes nor called altered.
versions() { # versions NAME COLUMN VALUE WAS SAYS
    sqlite "UPDATE run SET $2 = $3 WHERE $id_of"
    expect "$1: the run is not reproduced" 1 "$5, this is version 1 \\(chance 2\\).*--policy .*best.lua" reproduce one
    expect "$1: it does not go on" 1 "$5, this is version" "$RATCHET" improve --resume one
    expect "$1: it is not forked" 1 "$5, this is version" "$RATCHET" sessions fork one late
    expect "$1: its holdout is not opened" 1 "$5, this is version" "$RATCHET" freeze one
    expect "$1: which is no incident" 0 '\(nothing\)' "$RATCHET" ledger one --list incidents
    sqlite "UPDATE run SET $2 = $4 WHERE $id_of"
}
versions "another version of the environment" env_version 99 1 'in version 99 of cartpole \(chance 2\)'
versions "another version of chance" chance 1 2 'in version 1 of cartpole \(chance 1\)'
sqlite "UPDATE run SET env_version = NULL WHERE $id_of"
expect "a run of unknown version does not go on" 1 'kept no version of its environment.*--policy' \
    "$RATCHET" improve --resume one
sqlite "UPDATE run SET env_version = 1 WHERE $id_of"
row "a reply that is gone" 'keeps no reply of iteration 4' \
    "UPDATE call SET error = reply, reply = NULL WHERE iteration = 4 AND $of" \
    "UPDATE call SET reply = error, error = NULL WHERE iteration = 4 AND $of"
row "the hash of the salt" 'not the salt that this run was started with' \
    "UPDATE run SET salt_sha256 = 'x' || salt_sha256 WHERE id = (SELECT run FROM session WHERE name = 'one')" \
    "UPDATE run SET salt_sha256 = substr(salt_sha256, 2) WHERE id = (SELECT run FROM session WHERE name = 'one')"
expect "all put back" 0 'reproduced' reproduce one
expect "an unknown run" 1 'no such run' reproduce nobody
expect "another file" 1 'line 1' reproduce "$TMP/logs/cartpole-1/best.lua"
expect "no argument" 2 'reproduce' reproduce
mv "$TMP/logs/cartpole-1/salt" "$TMP/kept"
expect "a run whose salt is gone" 1 'there is none' reproduce one
done_testing
