# bench.t - every figure of `ratchet bench` is measured, and the MuJoCo tasks keep up with the engine.
. tests/tap.sh
"$RATCHET" bench --json >"$TMP/bench.json" 2>"$TMP/err" </dev/null
ok "it runs to its end" $? "$(cat "$TMP/err")"
holds() { # holds NAME EXPRESSION
    [ "$(json "$TMP/bench.json" "$2")" = True ]
    ok "$1" $? "$(cat "$TMP/bench.json")"
}
holds "each figure is a number above 0" \
    'len(j) > 40 and all(v > 0 for k, v in j.items() if k != "processor")'
if "$RATCHET" envs half_cheetah >/dev/null 2>&1; then
    # 0.99 and more on a quiet machine; 0.95 is wanted.
    holds "a step of each MuJoCo task against a bare mj_step loop" \
        'min(v for k, v in j.items() if k.startswith("ratio_")) > 0.9'
    holds "a planner in Lua spends its time in MuJoCo" \
        'min(j["planner_%s_share" % e] for e in ("ant", "half_cheetah")) > 0.9'
else
    skip "MuJoCo's rows" "built without MuJoCo" mujoco
fi
done_testing
