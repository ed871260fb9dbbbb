# foreign.t - names and texts of foreign files never reach a terminal as they are, in any
# command: rows in foreign_rows.py.
. tests/tap.sh
if grep -nE '(^|[^a-z_])v?printf\(|printf\((stdout|stderr)|perror\(|[^f]puts\([^")]' \
    runner/*.c runner/cmd/*.c runner/model/*.c | grep -vE "printf\\('%"; then
    echo "# these print beside say(): see runner/record/say.h"
    failures=1
fi
TMP=$TMP RATCHET=$RATCHET BUILD=$BUILD python3 tests/foreign_rows.py || failures=1
exit "$failures"
