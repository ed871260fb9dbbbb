# mcp_folders.t - whose folder it is: runs that another ledger knows, folders that were removed, two
# servers on one, and words that differ from those that began the run (rows in mcp_folders.py).
. tests/tap.sh
export RATCHET ROOT TMP
PYTHONPATH=tests python3 tests/mcp_folders.py
