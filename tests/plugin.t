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

# Bounds that are none, a plug-in each: walk with another line.
for row in 'infinite|"way", false, -INFINITY, INFINITY, 0|-inf to inf: bounds of an action are finite' \
    'NaN|"way", false, NAN, 2, 0|nan to 2: bounds of an action are finite' \
    'half|"way", true, 0, 1.5, 0|0 to 1.5: bounds of an action are finite, and whole' \
    'turned|"way", false, 2, 0, 0|2 to 0: bounds of an action' \
    'noop|"way", false, 2, 3, 0|doing nothing, 1, is not within 2 to 3'; do
    IFS='|' read -r name line why <<R
$row
R
    sed "s/{ \"way\", true, 0, 2, ways }/{ $line }/; s/#include <stdlib.h>/&\n#include <math.h>/" \
        tests/plugin/walk.c >"$TMP/$name.c"
    cc -std=c11 -I. -fPIC -shared -o "$TMP/$name.so" "$TMP/$name.c"
    expect "bounds of an action: $name" 1 "$why" "$RATCHET" envs --plugin "$TMP/$name.so"
done
sed 's/"place", "", 1, 0, LENGTH - 1, 0/"place", "", 1, 3, 0, 0/' tests/plugin/walk.c >"$TMP/field.c"
cc -std=c11 -I. -fPIC -shared -o "$TMP/field.so" "$TMP/field.c"
expect "bounds of an observation" 1 '"place": 3 to 0, 1 numbers: no bounds' \
    "$RATCHET" envs --plugin "$TMP/field.so"

# More than masks and tapes hold, and names that are none.
many() { # many FORMAT N: an entry for each
    i=0
    while [ $i -lt "$2" ]; do
        printf "$1" $i
        i=$((i + 1))
    done
}
changed() { # changed NAME PATTERN SED...: walk.c, changed, is refused
    name=$1 why=$2
    shift 2
    sed "$@" tests/plugin/walk.c >"$TMP/changed.c"
    cc -std=c11 -w -I. -fPIC -shared -o "$TMP/changed.so" "$TMP/changed.c"
    expect "refused: $name" 1 "$why" "$RATCHET" envs --plugin "$TMP/changed.so"
}
changed "33 kinds of events" 'event 33: there may not be so many' \
    -e "s/\[EVENT_PIT\] = { \"pit\", true },/& $(many '{"e%d"},' 31)/"
changed "65 actions" 'action 65: there may not be so many' \
    -e "s/{ \"way\", true, 0, 2, ways }, { 0 }/$(many '{"a%d",false,0,2},' 65) {0}/"
changed "no action" 'takes no action' -e 's/{ "way", true, 0, 2, ways }, { 0 }/{ 0 }/'
changed "an empty name" 'field 1: its name is empty' -e 's/"place"/""/'
changed "an escape in a name" 'event 2: its name is empty or no plain text' \
    -e 's/"pit"/"\\033[2J"/'
changed "a newline in the environment's name" 'name is empty or no plain text' \
    -e 's/= "walk"/= "walk\\n"/'
changed "a frame of 10^9 pixels" 'out of range' -e 's/frame_width = 220/frame_width = 1000000000/'
changed "a frame of -1" 'out of range' -e 's/frame_height = 60/frame_height = -1/'
changed "memory of -1" 'out of range' -e 's/.frame_width = 220/.ram_size = -1, &/'
changed "no frames" 'out of range' -e 's/max_frames = 100/max_frames = 0/'
changed "an observation of 2^30 numbers" 'out of range' -e 's/"place", "", 1,/"place", "", 1 << 30,/'

# An environment that lives elsewhere: the harness steps it, and it may be lost.
remote() { # remote NAME SED...: walk.c, changed, as $TMP/NAME.so
    name=$1
    shift
    sed "$@" tests/plugin/walk.c >"$TMP/$name.c"
    cc -std=c11 -w -I. -fPIC -shared -o "$TMP/$name.so" "$TMP/$name.c"
}
remote far -e 's/.load = walk_load,/& .is_remote = true,/' -e 's/^static struct env_step walk_step/#include <unistd.h>\n&/' \
    -e 's/struct walk \*s = instance;/&\n    getppid();/'
expect "remote: it is played" 0 ' verified, 0 with faults' \
    "$RATCHET" run walk "$TMP/right.lua" --plugin "$TMP/far.so"
expect "remote: no copies to plan with" 1 'walk: plan: it makes no copies of itself' \
    "$RATCHET" run walk "$TMP/right.lua" --plugin "$TMP/far.so" --set plan_state=true --set plan=true
remote lost -e 's/.load = walk_load,/& .is_remote = true, .failure = failure,/' \
    -e 's/^static const struct env walk_env/static const char *failure(const void *s) { return ((const struct walk *)s)->place > 6 ? "the far side hung" : NULL; }\n&/'
echo "return { act = function() return 2 end }" >"$TMP/door.lua"
expect "remote: an episode that is lost" 1 'the far side hung' \
    "$RATCHET" run walk "$TMP/door.lua" --plugin "$TMP/lost.so" --episodes 1
changed "copies that cannot be kept" 'copy_from goes with keep, put_back, reseed and step_frames' \
    -e 's/.load = walk_load,/& .copy_from = (int (*)(void *, const void *))walk_load,/'
changed "one that was built for another env.h" 'built for version 3 of env.h, this program has 4' \
    -e 's/= ENV_ABI/= 3/'
done_testing
