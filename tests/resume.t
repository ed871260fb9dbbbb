# resume.t - what a run was started with cannot be typed anew when it goes on: it is refused,
# not ignored.
. tests/tap.sh

"$RATCHET" improve cartpole --model search -n 1 --set dev=2 --set gate=8 --set target=501 \
    --out "$TMP/run" >"$TMP/out" 2>&1
ok "a run" $? "$(cat "$TMP/out")"
for row in "--set steps=100000" "--set gate=16" "--model openai:x" "--parents archive" \
    "--policy policies/cartpole/start.lua" "--seed 3" "--fresh-salt"; do
    expect "resume with $row" 1 "${row%% *}: a run that goes on keeps" \
        "$RATCHET" improve --resume --out "$TMP/run" $row
done
! grep -q 'from the ledger' "$TMP/out"
ok "an iteration that is played says its time" $? "$(cat "$TMP/out")"
expect "budgets that it takes" 0 'stopped: ' "$RATCHET" improve --resume --out "$TMP/run" -n 2
printf '%s\n' "$output" >"$TMP/out"
[ "$(grep -c 'passed, from the ledger$' "$TMP/out")" -eq 1 ] &&
    [ "$(grep -Ec 'passed, [0-9]+ steps, [0-9.]+ s$' "$TMP/out")" -eq 1 ]
ok "the first iteration is from the ledger, the second is played" $? "$(cat "$TMP/out")"
expect "nothing is left to play: all of it is from the ledger" 0 'passed, from the ledger' \
    "$RATCHET" improve --resume --out "$TMP/run"
! printf '%s\n' "$output" | grep -Eq ' steps, [0-9.]+ s$'
ok "and none says a time" $? "$output"
done_testing
