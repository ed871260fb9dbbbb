# ram.t - every row of ram.tsv is proven: by changing the byte in recordings of real ale-py and
# looking at what is drawn, or by what the recording counts and rewards (tests/peers/ram_rows.py).
. tests/tap.sh
. tests/peers/bridge.sh
bridge_ready || { done_testing; exit; }

PYTHONDONTWRITEBYTECODE=1 "$RATCHET_BRIDGE/bin/python" tests/peers/ram_rows.py envs/bridge/ram.tsv
