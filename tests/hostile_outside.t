# hostile_outside.t - tests/hostile.t in outside mode, where the harness steps.
exec python3 tests/hostile/drive.py "${BUILD:-build}" outside
