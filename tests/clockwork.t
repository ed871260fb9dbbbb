# clockwork.t - the same policy, task and seed give the same bits: in every process, with and
# without address randomisation, at any number of jobs, on a processor with and without FMA and
# AVX2, and as recorded in tests/clockwork/golden.txt.
exec python3 tests/clockwork/drive.py "${BUILD:-build}"
