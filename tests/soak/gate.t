# gate.t - tests/gate.t with 40 runs that must not promote and 10 that must.
FALSE_RUNS=40 TRUE_RUNS=10 exec sh tests/gate.t
