# bridge_whole.t - the 57 games of the benchmark, saved and loaded at every 64th step of an
# episode; and a policy that brings Q*bert to -1 lives. FRAMES: of an episode at most, here so
# few that all take some minutes; tests/soak/bridge_whole.t plays them to their ends.
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }
program=$BRIDGE_BIN/bridge_whole
mkdir -p "$BRIDGE_BIN"
cc -std=c11 -D_GNU_SOURCE -O2 -I. -o "$program" tests/peers/bridge_whole.c \
    "$BUILD/libratchet.a" -rdynamic $(bridge_libs) >"$TMP/cc.log" 2>&1
ok "the comparison is built" $? "$(tail -3 "$TMP/cc.log")"
games=$(awk '!/^#/ && $2 ~ /^[-0-9.]+$/ && $2 != "-" { print "ale/" $1 }' share/atari.tsv)
[ "$(echo "$games" | wc -l)" -eq 57 ]
ok "57 games" $? "$(echo "$games" | wc -l)"
for game in $games; do
    "$program" "${FRAMES:-3000}" "$game" >"$TMP/same.log" 2>&1
    ok "$(cat "$TMP/same.log")" $?
done

"$RATCHET" run ale/qbert tests/peers/qbert_lives.lua --set observation=ram -n 1 --seed 0 --json \
    >"$TMP/qbert.json" 2>"$TMP/err.log"
found=$(json "$TMP/qbert.json" '[(e["return"], e["steps"], e["error"]) for e in j["episodes"]]')
[ "$found" = "[(58275.0, 51540, None)]" ]
ok "Q*bert with -1 lives is played to its end" $? "$found $(cat "$TMP/err.log")"
done_testing
