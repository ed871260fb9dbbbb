# readme.t - runs the README's commands (its ```sh blocks, but for the two make commands), in a
# folder of its own, with the README's policy.
. tests/tap.sh
mkdir "$TMP/work"
ln -s "$ROOT/policies" "$TMP/work/policies"
mkdir "$TMP/work/build"
ln -s "$RATCHET" "$TMP/work/build/ratchet"
awk '/^```lua$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md >"$TMP/work/lean.lua"
awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' README.md |
    sed 's/ *#.*//' | grep -v '^make ' >"$TMP/commands"
cd "$TMP/work" || exit 1
while read -r command; do
    expect "$command" 0 "" sh -c "$command"
done <"$TMP/commands"
expect "the ten lines balance" 0 'mean (49|50)[0-9]' build/ratchet run cartpole lean.lua -n 20
done_testing
