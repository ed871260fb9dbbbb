# hostile.t - policies that attack the jail, the clock, the memory or the reader: each ends
# within its limits, in its own words (tests/hostile/, a file each). As the user who runs the
# tests; tests/hostile_nobody.t as an ordinary one, tests/hostile_outside.t in outside mode.
exec python3 tests/hostile/drive.py "${BUILD:-build}"
