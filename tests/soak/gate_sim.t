# gate_sim.t - tests/test_gate.c with 20,000 simulated comparisons a row.
GATE_COMPARISONS=20000 exec "${BUILD:-build}/tests/test_gate"
