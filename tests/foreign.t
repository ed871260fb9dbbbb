# foreign.t - names and texts of foreign files never reach a terminal as they are, in any
# command: rows in foreign_rows.py.
. tests/tap.sh
if grep -nE '(^|[^a-z_])v?printf\(|printf\((stdout|stderr)|perror\(|[^f]puts\([^")]' \
    runner/*.c runner/agent/*.c runner/cmd/*.c runner/experiment/*.c runner/home/*.c \
    runner/model/*.c runner/report/test_report.c runner/view/play_keys.c runner/view/run_view.c | grep -vE "printf\\('%"; then
    echo "# these print beside say(): see base/say.h"
    failures=1
fi
TMP=$TMP RATCHET=$RATCHET BUILD=$BUILD python3 tests/foreign_rows.py || failures=1
exit "$failures"
