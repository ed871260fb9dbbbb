# cases.t - what a case holds a policy to: the event, and no early end with less return.
. tests/tap.sh
mkdir "$TMP/cases"
echo 'return { act = function(o) return o.velocity >= 0 and 2 or 0 end }' >"$TMP/swing.lua"
"$RATCHET" task mountain_car --json >"$TMP/task.json"
write() { # write MUST: a case of 200 steps from the start on
    python3 - "$TMP" "$1" <<'P'
import json
import sys
task = json.load(open(sys.argv[1] + '/task.json'))
case = {'format': 1, 'name': 'case-001', 'signature': 'hit_wall', 'env': 'mountain_car',
        'env_version': 1, 'take_over': 0, 'horizon': 200, 'cut_from': '', 'fixed_by': '',
        'iteration': 1, 'task': task, 'prefix': '', 'seed': '7', 'must': json.loads(sys.argv[2])}
json.dump(case, open(sys.argv[1] + '/cases/case-001.json', 'w'))
P
}
run() {
    expect "$1" "$2" "$3" "$RATCHET" test mountain_car --policy "$TMP/swing.lua" --cases "$TMP/cases"
}
write '{"not_happen": "fault", "within": "horizon"}'
run "an early end is no failure of its own" 0 '^ok 1'
write '{"not_happen": "fault", "within": "horizon", "or_end_with": -200}'
run "an early end with as much return holds" 0 '^ok 1'
write '{"not_happen": "fault", "within": "horizon", "or_end_with": -20}'
run "an early end with less return fails" 1 '^not ok 1'
done_testing
