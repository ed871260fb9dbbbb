# jail.t - a kernel that refuses a layer of the jail: required ones refuse policies unless told
# to run them, the others are done without, and doctor tells which.
. tests/tap.sh
policy=policies/cartpole/start.lua
deny() { python3 tests/tools/deny.py "$@"; }
run() { expect "$1" "$2" "$3" python3 tests/tools/deny.py "$4" "$RATCHET" run cartpole $policy --seed 1 --episodes 2 $5; }

for layer in seccomp prlimit; do
    run "without $layer no policy runs" 1 "does not give the jail's required layers" $layer
    run "without $layer, told to" 0 '2 verified' $layer --unjailed
done
expect "doctor: seccomp is missing" 0 'seccomp +no' deny seccomp "$RATCHET" doctor
expect "doctor: policies cannot be run" 0 'policies cannot be run here' deny seccomp "$RATCHET" doctor
expect "doctor: limits are missing" 0 'rlimits +no' deny prlimit "$RATCHET" doctor
for layer in unshare landlock unshare,landlock; do
    run "without $layer policies run" 0 '2 verified' $layer
done
expect "doctor: namespaces are missing" 0 'namespaces +no' deny unshare "$RATCHET" doctor
expect "doctor: Landlock is missing" 0 'landlock +no' deny landlock "$RATCHET" doctor
expect "doctor: what is there" 0 'seccomp +yes' deny unshare,landlock "$RATCHET" doctor
done_testing
