# mcp.t - `ratchet mcp` and every tool, driven by a small client (tests/mcp_client.py): from
# start to a promoted policy, both eras of the protocol, hostile lines, cancelling, resuming.
. tests/tap.sh
export RATCHET ROOT TMP
PYTHONPATH=tests python3 tests/mcp_rows.py
