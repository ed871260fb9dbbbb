# chance.t - what a policy sees of chance tells it neither the episode's seed nor which frames will
# be sticky: the policies of tests/chance work backwards, and find nothing. Each of them did where
# splitmix64 made every stream (the notes that they would leave are in tests/data/chance).
. tests/tap.sh

attack() { # attack NAME ENV POLICY OPTION...: its replays go to $TMP/NAME
    into=$TMP/$1 env=$2 policy=$3
    shift 3
    "$RATCHET" run "$env" "tests/chance/$policy" -j 2 --record "$into" --json "$@" \
        >"$into.json" 2>&1
}
notes() { # notes NAME: of its episodes, summed up
    for f in "$TMP/$1"/*.replay; do
        "$RATCHET" replay "$f" --json >"$TMP/r.json" && json "$TMP/r.json" 'j["notes"]'
    done | awk '{ n += $1 } END { print NR ? n : "none played" }'
}

attack random cartpole random.lua -n 8
[ "$(notes random)" = 0 ]
ok "math.random: its first number does not tell the second" $? "$(notes random) of 8 foretold"
attack seed pendulum seed.lua -n 1 --seed 2718281828459045234 --set sticky=0.25 \
    --set max_frames=6500
[ "$(notes seed)" = 0 ]
ok "math.random and the start do not tell the seed" $? "$(cat "$TMP/seed.json")"
attack foresee pendulum foresee.lua -n 2 --seed 2718281828459045234 --set sticky=0.25 \
    --set max_frames=8000
[ "$(notes foresee)" = 0 ]
ok "nor which frames will be sticky" $? "$(notes foresee) notes of what was foretold"
attack start cartpole start.lua -n 8 --seed 5 --set sticky=0.25
json "$TMP/start.json" '[e["error"] for e in j["episodes"]]' >"$TMP/said"
json "$TMP/start.json" '[(e["error"] or "fell").split("\n")[0] for e in j["episodes"]]' >"$TMP/said"
[ "$(grep -o '[1-9][0-9]* wrong' "$TMP/said" | wc -l)" -ge 6 ] && ! grep -q ' 0 wrong' "$TMP/said"
ok "the start alone does not tell which frames will be sticky" $? "$(cat "$TMP/said")"
attack start-outside cartpole start.lua -n 2 --seed 5 --set sticky=0.25 --outside
[ "$(json "$TMP/start-outside.json" '[e["error"] for e in j["episodes"]]')" = \
    "$(json "$TMP/start.json" '[e["error"] for e in j["episodes"][:2]]')" ]
ok "the streams are the same in both modes" $? "$(cat "$TMP/start-outside.json")"

# Recordings of before.
expect "a replay of before verifies where no frame was sticky" 0 'verified' \
    "$RATCHET" replay tests/data/chance/plain-1.replay
expect "where frames were, it is refused with the reason" 1 \
    'sticky frames were drawn as version 1 of chance .* record it again' \
    "$RATCHET" replay tests/data/chance/sticky-1.replay
"$RATCHET" run cartpole policies/cartpole/start.lua -n 1 --set sticky=0.25 --record "$TMP/now" \
    >/dev/null
expect "a sticky replay of now verifies" 0 'verified' \
    "$RATCHET" replay "$TMP"/now/*.replay
mkdir "$TMP/cases"
sed 's/"sticky": 0.0/"sticky": 0.25/' policies/breakout/cases/case-001.json >"$TMP/cases/case-001.json"
expect "a case of before is stale where frames are sticky" 1 'cut under version 1 of chance' \
    "$RATCHET" test breakout --cases "$TMP/cases"
done_testing
