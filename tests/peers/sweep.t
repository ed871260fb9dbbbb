# sweep.t - `ratchet sweep`: games under the same rules, killed and gone on with, tabled.
. tests/tap.sh
. tests/peers/bridge.sh

expect "no such suite" 2 'there is atari57' "$RATCHET" sweep atari58
expect "no such game" 2 'none of the benchmark' "$RATCHET" sweep atari57 --games pong,ping
expect "no such budget" 2 'neither' "$RATCHET" sweep atari57 --games pong --budget steeps=3
bridge_ready || { done_testing; exit; }

printf 'return { act = function() return 0 end }\n' >"$TMP/still.lua"
sweep() {
    ${exec-} "$RATCHET" sweep atari57 --out "$TMP/s" --games pong,boxing --episodes 3 \
        --set max_frames=4000 --policy random --policy "$TMP/still.lua" "$@"
}
exec=exec
sweep >"$TMP/first.log" 2>&1 &
pid=$!
exec=
for try in $(seq 300); do
    ls "$TMP"/s/cells/*.json >/dev/null 2>&1 && break
    sleep 0.1
done
expect "one process at a time" 1 'another process' sweep
kill -KILL $pid
wait $pid 2>/dev/null
n=$(ls "$TMP"/s/cells/*.json | wc -l)
[ "$n" -ge 1 ] && [ "$n" -lt 4 ]
ok "killed in the middle" $? "$n cells"
cp -p "$TMP"/s/cells/*.json "$TMP/"
sweep --json --plot "$TMP/s.svg" >"$TMP/out.json" 2>"$TMP/err.log"
ok "it goes on" $? "$(cat "$TMP/err.log")"
first=$(ls "$TMP"/*-ram-*.json | head -1)
cmp -s "$first" "$TMP/s/cells/$(basename "$first")" &&
    [ ! "$first" -nt "$TMP/s/cells/$(basename "$first")" ] &&
    [ ! "$first" -ot "$TMP/s/cells/$(basename "$first")" ]
ok "what was done is not done again" $?
[ "$(json "$TMP/out.json" 'len(j["cells"]) == 4 and len(j["rows"]) == 4')" = True ]
ok "two games, two players" $? "$(head -c 900 "$TMP/out.json")"
[ "$(json "$TMP/out.json" 'all(r["human_normalised"] is not None for r in j["rows"])')" = True ]
ok "each with a human-normalised score" $?
[ "$(json "$TMP/out.json" '[r["above_1"] for r in j["summary"]][-3] == 36')" = True ]
ok "beside what was published" $?
grep -q '<svg' "$TMP/s.svg"
ok "plotted" $?
expect "other rules are refused" 1 'begun with other rules' sweep --set frame_skip=2
expect "as CSV" 0 '^ale/pong,random,ram,1,3,' sweep --csv

printf 'Up.\n\n```lua\nreturn { act = function() return 2 end }\n```\n' >"$TMP/reply-1"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP/reply-1"
expect "a model's runs: improved, frozen, tabled" 0 'ale/pong +model:recorded' \
    "$RATCHET" sweep atari57 --out "$TMP/m" --games pong --model "recorded:$TMP/session.jsonl" --episodes 3 \
    --set max_frames=800 --set dev=3 --set gate=8 --budget iterations=1
done_testing
