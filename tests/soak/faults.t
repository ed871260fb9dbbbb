# faults.t - tests/hostile.t with 10,000 workers lost in one process.
HOSTILE_FAULTS=10000 exec python3 tests/hostile/drive.py "${BUILD:-build}"
