# docs.t - README.md and docs/: their examples run, and what they name exists.
#
# A ```lua block whose first line is "-- NAME.lua - ..." is saved under that name, and the
# commands of a page's ```sh blocks are run after one another in a folder of the page's own
# (readme.t does README's). Links, files, commands and options: docs.py, a row each.
. tests/tap.sh

for page in docs/*.md; do
    name=${page#docs/}
    work=$TMP/${name%.md}
    mkdir -p "$work/build"
    ln -s "$ROOT/policies" "$work/policies"
    ln -s "$RATCHET" "$work/build/ratchet"
    awk -v folder="$work" '
        /^```lua$/ { inside = 1; file = ""; next }
        /^```$/ { inside = 0 }
        inside && file == "" { file = folder "/" ($1 == "--" ? $2 : "unnamed.lua") }
        inside { print >file }' "$page"
    awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" |
        sed 's/ *#.*//' >"$work/commands"
    for policy in "$work"/*.lua; do
        [ -e "$policy" ] || continue
        file=${policy##*/}
        grep -q " $file" "$work/commands"
        ok "$name: $file is played" $?
    done
    while read -r command; do
        case $command in
        build/ratchet\ *) ;;
        *) ok "$name: $command" 1 "it does not begin with build/ratchet" && continue ;;
        esac
        output=$(cd "$work" && RATCHET_HOME=$work sh -c "$command" 2>&1 </dev/null)
        status=$?
        [ "$status" -eq 0 ] && case $output in *" faults;"*) # of `run`: without one
            case $output in *" 0 with faults"*) ;; *) status=1 ;; esac ;;
        esac
        ok "$name: $command" "$status" "$output"
    done <"$work/commands"
done

ok "README has at most 200 lines" "$([ "$(wc -l <README.md)" -le 200 ]; echo $?)" \
    "$(wc -l <README.md) lines"

for command in $("$RATCHET" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
    mkdir -p "$TMP/help"
    "$RATCHET" "$command" --help >"$TMP/help/$command"
done
python3 tests/docs.py "$TMP/help" >"$TMP/names"
ok "names were looked up" $?
while IFS='	' read -r status name why; do
    ok "$name" "$status" "$why"
done <"$TMP/names"
done_testing
