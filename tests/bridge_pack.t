# bridge_pack.t - what the bridge's Python program packs, whatever the other side gives.
python3 tests/bridge_pack.py
