# hostile_nobody.t - tests/hostile.t as an ordinary user.
exec python3 tests/hostile/drive.py "${BUILD:-build}" nobody
