# replies.t - what a model's reply comes to in a run: read as a person would, and never
# judged in part. The replies are fixtures; tests/test_replies.c has a row for each kind.
. tests/tap.sh
base=$ROOT/tests/data/replies/base.lua

session() { # session FILE JSON...: one turn each
    file=$1
    shift
    {
        echo '{"ratchet_session": 1, "provider": "test"}'
        n=0
        for turn; do
            printf '{"request": "x", "iteration": 1, "turn": %d, "reply": %s}\n' $n "$turn"
            n=$((n + 1))
        done
    } >"$file"
}
as_json() { # as_json REPLY [MORE]: the file's text as a turn, with more fields
    python3 -c 'import json, sys
turn = {"text": open(sys.argv[1], newline="").read()}
turn.update(json.loads(sys.argv[2] if len(sys.argv) > 2 else "{}"))
print(json.dumps(turn))' "$@"
}
improve() { # improve NAME MODEL [OPTION...]
    folder=$1 model=$2
    shift 2
    timeout 100 "$RATCHET" improve cartpole --policy "$base" --model "$model" \
        --out "$TMP/$folder" --set target=501 --set dev=4 --set gate=16 -n 1 "$@"
}
verdict() { # verdict NAME: of its only iteration
    "$RATCHET" ledger "$TMP/$1" --list climb --json >"$TMP/v.json"
    json "$TMP/v.json" '"%s: %s | %s" % (j[0]["verdict"], j[0]["why"], j[0]["change"]) if j else "none"'
}
comes_to() { # comes_to NAME PATTERN TURN...
    name=$1 pattern=$2
    shift 2
    session "$TMP/$name.jsonl" "$@"
    improve "$name" "recorded:$TMP/$name.jsonl" >"$TMP/out" 2>&1
    verdict "$name" | grep -Eq -- "$pattern"
    ok "$name" $? "$(verdict "$name"; tail -3 "$TMP/out")"
}

plain=tests/data/replies/00-plain.reply
for name in 07-nested-3tick-in-comment 26-edit-indented-markers 41-think-closed-only 122-patch; do
    comes_to "$name" '^better: ' "$(as_json tests/data/replies/$name.reply)"
done
for name in 35-edit-cut-after-first 40-think-unclosed 60-two-policies; do
    comes_to "$name" '^refused: (.*(cut off|ends inside|ambiguous))' \
        "$(as_json tests/data/replies/$name.reply)"
done

# A reply that was cut holds a whole policy: it is not the candidate.
bad='{"text": "Turn round.\n```lua\nreturn { act = function(o) return o.angle > 0 and 0 or 1 end }\n```\n"'
comes_to "a reply that was cut, then a whole one" '^better: .*Use the speed' \
    "$bad, \"is_cut\": true}" "$(as_json "$plain")"
comes_to "filtered twice, then a whole one" '^better: .*Use the speed' \
    "$bad, \"stop\": \"content_filter\"}" "$bad, \"stop\": \"content_filter\"}" "$(as_json "$plain")"
comes_to "cut for ever" '^refused: no whole reply in 3: the last one was cut off .*\(max_tokens\)' \
    "$bad, \"stop\": \"max_tokens\"}" "$bad, \"stop\": \"max_tokens\"}" "$bad, \"stop\": \"max_tokens\"}"
comes_to "cut for ever behind a draft" '^better: .*the draft as it stood' \
    "$(as_json /dev/null "{\"calls\": [{\"name\": \"policy_write\", \"arguments\": $(python3 -c 'import json
print(json.dumps({"source": open("tests/data/replies/plain.lua").read()}))')}]}")" \
    "$bad, \"is_cut\": true}" "$bad, \"is_cut\": true}" "$bad, \"is_cut\": true}"

# The model hears what became of its reply.
mkdir -p "$TMP/told-files"
echo '{"text": "I would rather not.", "stop": "refusal"}' >"$TMP/told-files/0001-reply.json"
cp "$plain" "$TMP/told-files/0002-reply.md"
improve told "files:$TMP/told-files" >"$TMP/out" 2>&1
verdict told | grep -q '^better: '
ok "refused, and asked again" $? "$(verdict told; tail -3 "$TMP/out")"
grep -q 'was a refusal of the model (`refusal`), "I would rather not."' "$TMP/told-files/0002-request.md"
ok "the model is told that it refused" $? "$(tail -40 "$TMP/told-files/0002-request.md")"
! grep -q '^## Assistant' "$TMP/told-files/0002-request.md"
ok "and not given its refusal as its own words" $?

# A run that was ended goes on behind such a reply.
session "$TMP/on.jsonl" "$bad, \"stop\": \"length\"}"
improve on "recorded:$TMP/on.jsonl" >"$TMP/out" 2>&1
[ "$(verdict on)" = none ]
ok "a run that ends behind a cut reply has judged nothing" $? "$(verdict on; tail -3 "$TMP/out")"
session "$TMP/on.jsonl" "$bad, \"stop\": \"length\"}" "$(as_json "$plain")"
timeout 100 "$RATCHET" improve --resume --out "$TMP/on" -n 1 >"$TMP/out" 2>&1
verdict on | grep -q '^better: .*Use the speed'
ok "and goes on with the next" $? "$(verdict on; tail -3 "$TMP/out")"
[ "$("$RATCHET" ledger "$TMP/on" --list calls --json | python3 -c 'import json, sys
print(len(json.load(sys.stdin)))')" = 2 ]
ok "asking once for each" $? "$("$RATCHET" ledger "$TMP/on" --list calls)"
"$RATCHET" ledger "$TMP/a reply that was cut, then a whole one" --list calls --json >"$TMP/calls.json" 2>/dev/null &&
    [ "$(json "$TMP/calls.json" 'len(j)')" = 2 ]
ok "both are in the ledger" $? "$(cat "$TMP/calls.json")"

# What an agent writes is read, also a policy with three backquotes in a comment.
cat >"$TMP/policy.lua" <<'EOF'
--[[ usage:
```
ratchet run cartpole policy.lua
```
<<<<<<< SEARCH
]]
return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }
EOF
improve agent "command:cat >policy.lua <<'EOF'
$(cat "$TMP/policy.lua")
EOF
printf '<think>' >change.txt" >"$TMP/out" 2>&1
verdict agent | grep -q '^better: '
ok "an agent's policy with backquotes and a marker" $? "$(verdict agent; tail -3 "$TMP/out")"
cmp -s "$TMP/agent/best.lua" "$TMP/policy.lua"
ok "to the byte" $?
done_testing
