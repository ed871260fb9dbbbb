# bridge_spaces.t - Gymnasium's spaces through the bridge: an environment of each kind wants the
# action that its observation shows, so that a whole score says that both were mapped right.
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }
bridge_with_spaces

echoes() { # echoes ID LUA: 20 steps, 20 right actions
    printf 'return { act = function(obs) return %s end }\n' "$2" >"$TMP/echo.lua"
    "$RATCHET" run "gym/test/$1-v0" "$TMP/echo.lua" -n 3 --set max_frames=20 --json \
        >"$TMP/out.json" 2>"$TMP/err"
    [ "$(json "$TMP/out.json" '(j["mean"], j["distinct"], j["verified"])')" = "(20.0, 3, 3)" ]
    ok "$1: what it shows is what it gets" $? "$(head -c 300 "$TMP/err" "$TMP/out.json")"
    case $2 in # and something else is not
    *obs.obs) printf 'return { act = function(obs) local a = obs.obs
  if type(a) == "table" then a[1] = 1 - a[1] return a end
  return a == 0 and 1 or 0 end }\n' >"$TMP/other.lua"
        "$RATCHET" run "gym/test/$1-v0" "$TMP/other.lua" -n 3 --set max_frames=20 --json \
            >"$TMP/out.json" 2>"$TMP/err"
        [ "$(json "$TMP/out.json" 'j["mean"] < 15')" = True ]
        ok "$1: another action is another one" $? "$(head -c 300 "$TMP/err" "$TMP/out.json")" ;;
    esac
}
echoes Discrete obs.obs
echoes Box obs.obs
echoes IntBox obs.obs
echoes MultiDiscrete obs.obs
echoes MultiDiscrete2 obs.obs
echoes MultiBinary obs.obs
echoes MultiBinary2 obs.obs
echoes Dict '{ obs.the_force[1], obs.the_force[2], obs.turn }'
echoes Tuple '{ obs.obs_0[1], obs.obs_0[2], obs.obs_1, obs.obs_2 }'

expect "bounds: MultiDiscrete with a start" 0 'action_1 +-2 to 1' \
    "$RATCHET" envs gym/test/MultiDiscrete-v0
expect "names: a Dict's keys" 0 'the_force_0 +-1 to 1' "$RATCHET" envs gym/test/Dict-v0
for row in 'Nested:its action "arm" has a Dict space' 'Text:its action has a Text space' \
    'Sequence:its action 0 has a Sequence space' 'Wide:65 components, more than 64'; do
    expect "refused by name: ${row%%:*}" 1 "${row#*:}" "$RATCHET" envs "gym/test/${row%%:*}-v0"
done

# An environment that does not forget the episode before is made anew for each: the same seed is
# the same episode, whatever was played before it.
printf 'return { act = function(obs) return obs.obs end }\n' >"$TMP/echo.lua"
for seeds in "200 0" "1 199"; do # more episodes than there are lanes
    "$RATCHET" run gym/test/Remembers-v0 "$TMP/echo.lua" -n ${seeds% *} --seed ${seeds#* } --jobs 1 \
        --set max_frames=20 --json >"$TMP/${seeds% *}.json" 2>"$TMP/err"
done
[ "$(json "$TMP/200.json" 'j["episodes"][199]["trajectory"]')" = "$(json "$TMP/1.json" 'j["episodes"][0]["trajectory"]')" ]
ok "what remembers its episodes is made anew for each" $? "$(cat "$TMP/200.json" "$TMP/1.json" "$TMP/err")"
done_testing
