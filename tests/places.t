# places.t - what lies in the place of a file: a pipe, a device, a folder or a link does not hang and
# is refused; a salt comes whole, is one for all that come at once, and is its owner's alone.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
mkfifo "$TMP/pipe" "$TMP/pipe.json" "$TMP/pipe.replay" "$TMP/pipe.so"
quick() { timeout 20 "$RATCHET" "$@"; }
row() { # row NAME PATTERN COMMAND...: refused at once
    name=$1 pattern=$2
    shift 2
    expect "$name" 1 "$pattern" quick "$@"
}
row "a pipe as a policy" 'pipe: cannot be read: not a regular file' run cartpole "$TMP/pipe"
row "a device as a policy" 'not a regular file' run cartpole /dev/zero
row "a folder as a policy" 'Is a directory' run cartpole "$TMP"
row "a pipe as a task" 'not a regular file' run "$TMP/pipe.json" "$start"
row "a pipe as a session" 'not a regular file' improve cartpole --policy "$start" --model "recorded:$TMP/pipe"
row "a pipe to reproduce" 'not a regular file' reproduce "$TMP/pipe"
row "a pipe as a replay" 'not a regular file' replay "$TMP/pipe.replay"
row "a pipe as a plug-in" 'not a regular file' run walk "$start" --plugin "$TMP/pipe.so"
mkdir "$TMP/cases"
mkfifo "$TMP/cases/case-001.json"
row "a pipe as a case" 'not a regular file' test cartpole --policy "$start" --cases "$TMP/cases"
expect "a pipe as a night" 2 'not a regular file' quick nightly "$TMP/pipe.json"
row "a pipe as a night's summary" 'not a regular file' report --night "$TMP/pipe.json"

# The salt.
lone() { quick improve cartpole --policy "$start" --model search:generations=1 --iterations 1 \
    --set dev=2 --set gate=32 --out "$1"; }
put() { # put NAME PATTERN COMMAND...: what COMMAND makes in the salt's place is refused
    folder=$TMP/run-$tests
    mkdir "$folder"
    name=$1 pattern=$2
    shift 2
    "$@" "$folder/salt" || ok "$name: it cannot be made" 1
    expect "$name" 1 "$pattern" lone "$folder"
}
head -c 64 /dev/zero | tr '\0' a >"$TMP/hex"
chmod 600 "$TMP/hex"
put "a pipe for a salt" 'salt: not a regular file' mkfifo
put "a folder for a salt" 'salt: not a regular file' mkdir
put "a link for a salt" 'salt: a symbolic link' ln -s "$TMP/hex"
put "a link to nowhere" 'salt: a symbolic link' ln -s "$TMP/nowhere"
put "an empty salt" 'not a salt' install -m 600 /dev/null
put "a salt that others may read" 'chmod 600' install -m 644 "$TMP/hex"
if [ "$(id -u)" = 0 ]; then
    put "another user's salt" 'belongs to another user' install -m 600 -o 65534 "$TMP/hex"
else
    skip "another user's salt" "not root" root
fi
put "half a salt" 'not a salt' sh -c 'head -c 32 "$0" >"$1"; chmod 600 "$1"' "$TMP/hex"
mkdir "$TMP/good"
install -m 600 "$TMP/hex" "$TMP/good/salt"
expect "a salt that was given is taken" 0 'ffe054fe7ae0cb6d' lone "$TMP/good"

# Bad numbers of seeds.
bad() { # bad SETTING PATTERN
    expect "$1" 1 "$2" "$RATCHET" improve cartpole --policy "$start" --model search --set "$1" --iterations 1
}
printf '{"env": "cartpole", "splits": {"gate": 2}}' >"$TMP/gate.json"
printf '{"env": "cartpole", "splits": {"dev": 0}}' >"$TMP/dev.json"
printf '{"env": "cartpole", "splits": {"holdout": 0}}' >"$TMP/holdout.json"
bad gate=2 'gate = 2 is out of range'
bad dev=1 'dev = 1 is out of range'
bad holdout=0 'holdout = 0 is out of range'
expect "splits.gate of 2 in a file" 1 'gate = 2 is out of range' "$RATCHET" improve "$TMP/gate.json" --policy "$start" --model search
done_testing
