# cluster.t - what a coordinator does with shards that nodes lie about. The scheduler here is a
# script that plays each shard with the real `ratchet shard` and then tampers with its result;
# tests/peers/slurm.t has the real one.
. tests/tap.sh
mkdir "$TMP/bin"
cat >"$TMP/bin/squeue" <<'SH'
#!/bin/sh
[ "$(cat "$TMP/lie")" != late ] || echo "2 R" # it never ends
SH
printf '#!/bin/sh\n' >"$TMP/bin/scancel"
cat >"$TMP/bin/sbatch" <<'SH'
#!/bin/sh
n=$(($(cat "$TMP/n" 2>/dev/null || echo 0) + 1)) # this array's number
echo $n >"$TMP/n"
for word; do
    case $word in --array=*) array=${word#--array=} ;; esac
done
folder=${word%/script}
for range in $(echo "$array" | tr , ' '); do
    for task in $(seq "${range%-*}" "${range#*-}"); do
        SLURM_ARRAY_TASK_ID=$task SLURMD_NODENAME=node$n sh "$word" >/dev/null 2>&1
    done
done
python3 "$TMP/tamper.py" "$folder" $n "$(cat "$TMP/lie")"
echo $n
SH
chmod +x "$TMP/bin"/*
cat >"$TMP/tamper.py" <<'PY'
import glob, hashlib, os, shutil, struct, sys
folder, array, lie = sys.argv[1], int(sys.argv[2]), sys.argv[3]

def text(b, at):  # a length and so many bytes
    n = struct.unpack_from("<Q", b, at)[0]
    return at + 8 + n

def head(b):
    at = text(b, text(b, 0))           # magic, job
    shard = at
    at = node = at + 4
    at = text(b, at)
    kind = at
    at = text(b, text(b, at))          # kind, refusal
    return shard, node, kind, at + 16  # started, seconds; there is the count

def put(s):
    return struct.pack("<Q", len(s)) + s

def save(b):
    name = os.path.join(folder, hashlib.sha256(b).hexdigest() + ".result")
    open(name, "wb").write(b)

for path in sorted(glob.glob(folder + "/*.result")):
    b = open(path, "rb").read()
    shard, node, kind, count = head(b)
    index = struct.unpack_from("<I", b, shard)[0]
    if sys.argv[3] == "mixed":
        lie = ["gone", "flipped", "cut", "longer", "stranger", "job"][index % 6]
    said_once = lie not in ("lost", "kind", "twice", "late") and array > 1
    if lie == "honest" or said_once:
        continue
    if lie == "late":  # the first array's shard 2 comes once it was started again
        if array == 1 and index == 2:
            os.rename(path, os.environ["TMP"] + "/" + os.path.basename(path))
        continue
    if lie == "twice":
        save(b[:count - 8] + struct.pack("<d", 7) + b[count:])  # the same, with another time
        continue
    os.unlink(path)
    if lie == "lost":  # every episode: void, without actions
        n = struct.unpack_from("<I", b, count)[0]
        n_shards = int(os.environ["SHARDS"])
        out = b[:count + 4]
        for i in range(n):
            out += struct.pack("<IIB", index + i * n_shards, 2, 1) + struct.pack("<I", int(os.environ["VOID"]))
            out += put(b"no answer in time") + struct.pack("<qqdQ", 0, 0, 0.0, 0) + put(b"") + struct.pack("<II", 0, 0)
        save(out)
    elif lie == "gone":
        pass
    elif lie == "flipped":  # its name is not its hash
        open(path, "wb").write(b[:-1] + bytes([b[-1] ^ 1]))
    elif lie == "cut":
        save(b[:len(b) * 2 // 3])
    elif lie == "longer":
        save(b + b"x")
    elif lie == "stranger":  # another shard's number
        save(b[:shard] + struct.pack("<I", 1000) + b[shard + 4:])
    elif lie == "job":  # of another job
        at = text(b, 0) + 8
        save(b[:at] + b"0" * 64 + b[at + 64:])
    elif lie == "kind":
        save(b[:kind] + put(b"another machine; 1") + b[text(b, kind):])
if lie == "late" and array > 1:
    for path in glob.glob(os.environ["TMP"] + "/*.result"):
        os.rename(path, os.path.join(folder, os.path.basename(path)))
PY
SHARDS=4
export TMP SHARDS
# What a void episode is in the wire: its place in FAULTS.
VOID=$(sed -n '/define FAULTS/,/[^\\]$/p' sandbox/limits.h | grep -o 'X([a-z_]*,' | grep -n 'X(void,' |
    cut -d: -f1)
VOID=$((VOID - 1))
export VOID
play() { # play NAME OPTION...: an evaluation as JSON, without its time
    name=$1
    shift
    PATH=$TMP/bin:$PATH "$RATCHET" run cartpole policies/cartpole/start.lua --episodes 10 \
        --seed 1 --json "$@" 2>"$TMP/$name.err" | sed '/"seconds"/d' >"$TMP/$name"
}
cost() { tail -n 1 "$TMP/logs/cluster/cluster.jsonl" >"$TMP/cost" && json "$TMP/cost" "$1"; }
play local
row() { # row LIE EXPRESSION: the numbers are the same, and the costs say what happened
    echo "$1" >"$TMP/lie"
    rm -f "$TMP/n"
    play array --engine slurm --shards $SHARDS --late 1
    cmp -s "$TMP/local" "$TMP/array"
    ok "$1: the numbers are those of local" $? "$(cat "$TMP/array.err"; diff "$TMP/local" "$TMP/array" | head -5)"
    [ "$(cost "$2")" = True ]
    ok "$1: and it is counted" $? "$(cat "$TMP/cost")"
}
row honest 'j["again"] == j["lost"] == j["unusable"] == 0 and sum(j["nodes"].values()) == 4'
row lost 'j["again"] == 10'
row twice 'j["duplicates"] == 4 and sum(j["nodes"].values()) == 4'
row late 'j["late"] == 1 and j["duplicates"] == 1 and j["lost"] == 0 and sum(j["nodes"].values()) == 4'
SHARDS=6 # gone, flipped (its name is not its hash), cut, longer, of no shard, of another job
row mixed 'j["unusable"] == 5 and j["lost"] == 6 and j["nodes"] == {"node2": 6}'
echo kind >"$TMP/lie"
play array --engine slurm --shards $SHARDS
grep -q 'is of another kind' "$TMP/array.err"
ok "a node of another kind is refused" $? "$(cat "$TMP/array.err")"

# A night's improvements go there, too.
echo honest >"$TMP/lie"
printf 'Lean.\n\n```lua\nreturn { act = function(o) return o.angle > 0 and 1 or 0 end }\n```\n' >"$TMP/reply"
python3 tests/tools/make_session.py "$TMP/session.jsonl" "$TMP/reply"
night() { # night ENGINE SHARDS
    printf '{"tasks": [{"task": "cartpole", "policy": "%s", "model": "recorded:%s", "freeze": false,
        "set": ["dev=4", "gate=8", "target=501"]}], "engine": "%s", "shards": %s}' \
        "$ROOT/policies/cartpole/start.lua" "$TMP/session.jsonl" "$1" "$2" >"$TMP/night.json"
    PATH=$TMP/bin:$PATH "$RATCHET" nightly "$TMP/night.json"
}
before=$(wc -l <"$TMP/logs/cluster/cluster.jsonl")
expect "a night on a cluster" 0 . night slurm 2
[ "$(wc -l <"$TMP/logs/cluster/cluster.jsonl")" -gt "$before" ] && [ "$(cost 'j["shards"]')" = 2 ]
ok "its episodes were played there" $? "$(cat "$TMP/cost")"
expect "an engine that there is not" 2 'must be "local" or "slurm"' night pbs 2
done_testing
