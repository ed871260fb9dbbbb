# slurm.t - job arrays of a real Slurm: two nodes on loopback, one of them killed in mid-run.
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin
printf '%s\n' 'file /usr/sbin/slurmctld slurmctld' 'file /usr/sbin/slurmd slurmd' \
    'command sbatch slurm-client' 'file /usr/sbin/munged munge' >"$TMP/packages"
if [ "$(id -u)" -ne 0 ] || ! tools/install-packages "$TMP/packages" >"$TMP/apt.log" 2>&1; then
    skip "job arrays" "Slurm: it needs root; $(tail -n 1 "$TMP/apt.log" 2>/dev/null)" slurm
    done_testing
    exit
fi
trap 'tools/slurm-loopback stop "$TMP/slurm" >/dev/null 2>&1; rm -rf "$TMP"' EXIT
tools/slurm-loopback start "$TMP/slurm" >"$TMP/said" 2>&1
ok "slurmctld, two slurmd and munged on loopback" $? "$(cat "$TMP/said")"
SLURM_CONF=$TMP/slurm/slurm.conf
export SLURM_CONF

play() { # play NAME OPTION...: an evaluation as JSON, without its time
    name=$1
    shift
    "$RATCHET" run breakout policies/breakout/follow.lua --episodes 24 --seed 1 --json "$@" \
        2>"$TMP/$name.err" | sed '/"seconds"/d' >"$TMP/$name"
    cat "$TMP/$name.err" >>"$TMP/said"
}
play local
play array --engine slurm --shards 6
cmp -s "$TMP/local" "$TMP/array"
ok "an array of six tasks gives the same numbers, bit for bit" $? "$(diff "$TMP/local" "$TMP/array" | head -5; cat "$TMP/array.err")"
[ -n "$(find "$TMP/logs/cluster" -type f | head -n 1)" ]
ok "its shards are files on the shared folder" $?

# A sweep's cells are played there, too.
sweep() { # sweep NAME OPTION...
    name=$1
    shift
    "$RATCHET" sweep atari57 --out "$TMP/$name" --games pong --episodes 4 --policy random \
        --set max_frames=1500 --csv "$@" >"$TMP/$name.csv" 2>"$TMP/$name.err"
}
. tests/peers/bridge.sh
if bridge_ready; then
    sweep here
    n=$(wc -l <"$TMP/logs/cluster/cluster.jsonl")
    sweep there --engine slurm --shards 2
    cmp -s "$TMP/here.csv" "$TMP/there.csv" && [ -s "$TMP/here.csv" ]
    ok "a sweep over the array gives the same table" $? \
        "$(diff "$TMP/here.csv" "$TMP/there.csv"; cat "$TMP/there.err")"
    [ "$(wc -l <"$TMP/logs/cluster/cluster.jsonl")" -gt "$n" ]
    ok "its cells were played there" $? "$(cat "$TMP/there.err")"
fi

# A node dies with its steps; its shards are run again, and counted once.
slow() { # slow NAME OPTION...: some seconds of work
    name=$1
    shift
    "$RATCHET" run ant policies/ant/start.lua --episodes 24 --seed 1 --json "$@" \
        2>"$TMP/$name.err" | sed '/"seconds"/d' >"$TMP/$name"
}
if "$RATCHET" envs ant >/dev/null 2>&1; then
    slow whole
    slow killed --engine slurm --shards 8 &
    run=$!
    for _ in $(seq 50); do
        [ "$(squeue -h -t running -w node2 | wc -l)" -gt 0 ] && break
        sleep 0.1
    done
    tools/slurm-loopback kill "$TMP/slurm" node2
    ok "a node is killed in mid-run" $?
    wait $run
    cmp -s "$TMP/whole" "$TMP/killed"
    ok "its shards are played again, and the numbers are the same" $? \
        "$(diff "$TMP/whole" "$TMP/killed" | head -5; cat "$TMP/killed.err")"
else
    skip "a node killed in mid-run" "the MuJoCo tasks are not built" mujoco
fi
done_testing
