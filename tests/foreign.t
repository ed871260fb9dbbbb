# foreign.t - names and texts of foreign files never reach a terminal as they are, in any
# command: rows in foreign_rows.py.
. tests/tap.sh
TMP=$TMP RATCHET=$RATCHET BUILD=$BUILD python3 tests/foreign_rows.py || failures=1
exit "$failures"
