# demo.t - the main job as `make demo` runs it: the recorded session takes the naive policy
# above 400, each verdict computed here.
. tests/tap.sh
"$RATCHET" improve breakout --json >"$TMP/demo.json" 2>"$TMP/err"
ok "it runs to its end without a key, a display or a network" $? "$(cat "$TMP/err")"
holds() { # holds NAME EXPRESSION
    [ "$(json "$TMP/demo.json" "$2")" = True ]
    ok "$1" $? "$(cat "$TMP/demo.json")"
}
holds "several rewrites, some of them not taken" 'j["iterations"] >= 8 > j["promotions"] >= 1'
holds "it ends above 400" 'j["best_mean"] > 400'
holds "and above where it began, with confidence" \
    'j["best_mean"] > j["start_mean"] and j["gain_interval"][0] > 0'
holds "failures became cases" 'j["cases"] >= 1'
run=$(json "$TMP/demo.json" 'j["run"]')
expect "the ledger has its iterations" 0 'better' "$RATCHET" ledger "$run"
expect "the best replay is verified" 0 '"verified": true' \
    "$RATCHET" replay "$(json "$TMP/demo.json" 'j["replay"]')" --json
expect "the shipped cases hold" 0 '^ok 1' "$RATCHET" test breakout
done_testing
