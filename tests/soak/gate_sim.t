# gate_sim.t - the tables of docs/gate.md are what the simulation prints, and tests/test_gate.c
# holds with 20,000 simulated comparisons a row.
. tests/tap.sh
"$BUILD/tests/test_gate" --table 10000 | grep '^|' >"$TMP/table"
[ "$(wc -l <"$TMP/table")" -gt 30 ]
ok "there are tables" $? "$(cat "$TMP/table")"
while read -r line; do
    grep -Fxq -- "$line" docs/gate.md
    ok "docs/gate.md has: $(printf '%s' "$line" | cut -c 1-40)" $? "$line"
done <"$TMP/table"
GATE_COMPARISONS=20000 CMOCKA_MESSAGE_OUTPUT=TAP "$BUILD/tests/test_gate" >"$TMP/rows" 2>&1
ok "20,000 comparisons a row" $? "$(grep -B 1 '^not ok' "$TMP/rows")"
done_testing
