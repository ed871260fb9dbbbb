# finite.t - what is not finite, from end to end: a plug-in (tests/plugin/broken.c) whose rewards
# are NaN but on two dev seeds. In JSON it is null, in CSV an empty place, in a table a dash; every
# column stays where it is. The reply is a fixture.
. tests/tap.sh
broken=$BUILD/tests/broken.so
echo 'return { act = function() return 0 end }' >"$TMP/left.lua"
printf 'The other way.\n\n```lua\nreturn { act = function() return 1 end }\n```\n' >"$TMP/right.txt"
python3 tests/tools/make_session.py "$TMP/right.jsonl" "$TMP/right.txt"
task="broken/dev_whole --plugin $broken --policy $TMP/left.lua --set dev=2 --set gate=8"
run=$TMP/run

cat >"$TMP/check.py" <<'P'
"""check.py JSON [CSV] [NULL...]: strict JSON without NaN and infinities; the CSV has its rows, each
column in its place, an empty one where JSON has null; the NULL keys are null somewhere."""
import csv
import json
import math
import sys


def no_number(text):
    raise ValueError("not a number: " + text)


rows = json.load(open(sys.argv[1]), parse_constant=no_number)
if isinstance(rows, dict):
    rows = rows.get("curve", rows.get("rows", [rows]))
for key in sys.argv[3:]:
    assert any(r[key] is None for r in rows), (key, rows[:3])
assert rows, "no rows"
assert all(list(r) == list(rows[0]) for r in rows), [list(r) for r in rows]
if sys.argv[2]:
    table = list(csv.reader(open(sys.argv[2])))
    assert table[0] == list(rows[0]), (table[0], list(rows[0]))
    assert len(table) == len(rows) + 1, (len(table), len(rows))
    for cells, row in zip(table[1:], rows):
        assert len(cells) == len(row), (cells, row)
        for cell, (key, value) in zip(cells, row.items()):
            if value is None:
                assert cell == "", (key, cell)
            elif isinstance(value, (int, float)):
                assert math.isfinite(float(cell)) and math.isclose(float(cell), value, rel_tol=1e-9), (key, cell, value)
            else:
                assert cell.split() == value.split(), (key, cell, value)
P
check() { # check NAME JSON CSV NULL...
    name=$1
    shift
    python3 "$TMP/check.py" "$@" >"$TMP/check.txt" 2>&1
    ok "$name" $? "$(tail -3 "$TMP/check.txt"; cat "$TMP/err")"
}

# shellcheck disable=SC2086
"$RATCHET" improve $task --model "recorded:$TMP/right.jsonl" --out "$run" --json >"$TMP/end.json" 2>"$TMP/err"
check "improve's object" "$TMP/end.json" "" start_mean best_mean
for list in climb challengers efficiency steps episodes calls cases openings notes incidents runs; do
    "$RATCHET" ledger "$run" --list $list --json >"$TMP/l.json" 2>"$TMP/err"
    "$RATCHET" ledger "$run" --list $list --csv >"$TMP/l.csv" 2>>"$TMP/err"
    [ "$(cat "$TMP/l.json")" = "[]" ] && continue
    case $list in
    climb) nulls="low high" ;;
    episodes) nulls=score ;;
    *) nulls= ;;
    esac
    # shellcheck disable=SC2086
    check "ledger --list $list" "$TMP/l.json" "$TMP/l.csv" $nulls
    "$RATCHET" ledger "$run" --list $list >"$TMP/l.txt" 2>>"$TMP/err"
    ! grep -Eiq '(^|[ ,:-])(nan|inf)([ ,]|$)' "$TMP/l.csv" "$TMP/l.txt"
    ok "and as a table" $? "$(cat "$TMP/l.txt")"
done
"$RATCHET" ledger export "$run" "$TMP/export" --plugin "$broken" >"$TMP/err" 2>&1
for file in trials summary; do
    if [ $file = trials ]; then
        python3 -c 'import json, sys; json.dump([json.loads(l) for l in open(sys.argv[1])], sys.stdout)' \
            "$TMP/export/trials.jsonl" >"$TMP/l.json"
    else
        python3 - "$TMP/export/summary.csv" >"$TMP/l.json" <<'P'
import csv
import json
import sys


def value(text):
    try:
        return float(text)
    except ValueError:
        return text or None


json.dump([{k: value(v) for k, v in r.items()} for r in csv.DictReader(open(sys.argv[1]), restkey="more",
                                                                       restval="missing")], sys.stdout)
P
    fi
    check "ledger export: $file.csv" "$TMP/l.json" "$TMP/export/$file.csv"
done
"$RATCHET" report "$run" --plugin "$broken" --json >"$TMP/l.json" 2>"$TMP/err"
check "report --json" "$TMP/l.json" ""
[ "$(json "$TMP/l.json" '[(r["gain"], r["gain_low"], r["gain_high"]) for r in j["runs"]]')" = "[(None, None, None)]" ]
ok "of which no hidden pair is whole: it has no gain" $? "$(cat "$TMP/err")"
"$RATCHET" report "$run" --plugin "$broken" --md >"$TMP/report.md" 2>"$TMP/err"
"$RATCHET" report "$run" --plugin "$broken" --output "$TMP/report.html" >"$TMP/err" 2>&1
sed 's/<[^>]*>/ /g' "$TMP/report.html" | cat - "$TMP/report.md" >"$TMP/shown.txt"
[ -s "$TMP/report.md" ] && [ -s "$TMP/report.html" ] && ! grep -Eiqw 'nan|-?inf' "$TMP/shown.txt"
ok "the page and Markdown show none of it" $? "$(grep -Eiw 'nan|-?inf' "$TMP/shown.txt" | head -5; cat "$TMP/err")"

# shellcheck disable=SC2086
compare() { "$RATCHET" compare $task --models "recorded:$TMP/right.jsonl,recorded:$TMP/right2.jsonl" \
    --repeats 2 --seeds 4 --out "$TMP/trial" "$@"; }
cp "$TMP/right.jsonl" "$TMP/right2.jsonl"
compare --json >"$TMP/c.json" 2>"$TMP/err"
compare --csv >"$TMP/c.csv" 2>>"$TMP/err"
check "compare --csv" "$TMP/c.json" "$TMP/c.csv" score low high
compare >"$TMP/c.txt" 2>"$TMP/err"
grep -Eq ' - +- +- ' "$TMP/c.txt" && ! grep -Eiqw 'nan|-?inf' "$TMP/c.txt"
ok "and its table" $? "$(cat "$TMP/c.txt" "$TMP/err")"
expect "a plot of it says that there is nothing to draw" 1 'c.svg: there is nothing to draw' \
    compare --plot "$TMP/c.svg"

mkdir -p "$TMP/policies/broken/reward_nan" "$TMP/policies/broken/whole"
cp "$TMP/left.lua" "$TMP/policies/broken/reward_nan/learned.lua"
cp "$TMP/left.lua" "$TMP/policies/broken/whole/learned.lua"
cp "$broken" "$TMP/broken.so"
results() { (cd "$TMP" && "$RATCHET" results broken/reward_nan broken/whole --plugin ./broken.so -n 3 "$@"); }
results --json >"$TMP/l.json" 2>"$TMP/err"
check "results --json" "$TMP/l.json" "" mean std min max interval
results >"$TMP/r.txt" 2>>"$TMP/err"
grep -Eq '^\| broken/reward_nan \| learned.lua \| - \(3 with faults\) \| - \| - \| - \|' "$TMP/r.txt" &&
    grep -Eq '^\| broken/whole \| learned.lua \| 20 \| 0 \| 20 \| 20 \|' "$TMP/r.txt"
ok "no mean is a dash in the table, not 0" $? "$(cat "$TMP/r.txt" "$TMP/err")"
done_testing
