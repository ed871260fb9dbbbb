# house.t - the rooms see only what stands above them (includes, and symbols of the objects) and hold no circle
# of files; SQL stands in runner/record/ledger/ and calls of the bridge in envs/: rows and exceptions in house.py.
exec python3 tests/house.py "${BUILD:-build}"
