# plugin.t - an environment that lives outside: built from env.h alone, played with --plugin.
. tests/tap.sh
walk=$BUILD/tests/walk.so
cat >"$TMP/right.lua" <<'LUA'
return { act = function() return 1 end }
LUA
expect "it is listed" 0 '^walk ' "$RATCHET" envs --plugin "$walk"
expect "it is described" 0 'observation' "$RATCHET" envs walk --plugin "$walk"
expect "it is played, in the jailed worker too" 0 ' verified, 0 with faults' \
    "$RATCHET" run walk "$TMP/right.lua" --plugin "$walk" --record "$TMP/r"
expect "its replay needs it" 1 'walk: no such environment' "$RATCHET" replay "$TMP/r/walk-0.replay"
expect "and is verified with it" 0 '"verified": true' \
    "$RATCHET" replay "$TMP/r/walk-0.replay" --plugin "$walk" --json
expect "the same name twice is refused" 1 'already' \
    "$RATCHET" envs --plugin "$walk" --plugin "$walk"
done_testing
