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
expect "budgets that it takes" 0 'stopped: ' "$RATCHET" improve --resume --out "$TMP/run" -n 2
done_testing
