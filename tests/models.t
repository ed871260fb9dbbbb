# models.t - a provider that there is not is refused wherever one is named, also by those that ask
# others, before anything begins: exit status 2, and nothing is left behind.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
RATCHET_HOME=$TMP/home
mkdir "$RATCHET_HOME"
printf '{"models": [{"model": "search"}, {"model": "oracle"}]}' >"$TMP/mixed.json"
printf '{"models": [{"model": "best-of:2:oracle"}]}' >"$TMP/deep.json"
night() { # night MODEL: a night's file, which is $TMP/night.json
    printf '{"tasks": [{"task": "cartpole", "model": "%s", "budget": {"iterations": 1}}]}' "$1" \
        >"$TMP/night.json"
}
row() { # row NAME PATTERN COMMAND...
    name=$1
    pattern=$2
    shift 2
    expect "$name" 2 "$pattern" timeout 60 "$RATCHET" "$@"
    left=$(find "$RATCHET_HOME" -mindepth 1)
    [ -z "$left" ] && [ ! -e "$TMP/out" ]
    ok "$name: nothing is left behind" $? "$left $(ls -d "$TMP/out" 2>/dev/null)"
    rm -rf "$RATCHET_HOME" "$TMP/out"
    mkdir "$RATCHET_HOME"
}
for model in oracle best-of:2:oracle best-of:2:best-of:2:oracle "ensemble:$TMP/mixed.json" \
    "ensemble:$TMP/deep.json" "best-of:2:ensemble:$TMP/mixed.json"; do
    short=$(echo "$model" | sed "s|$TMP/||")
    night "$model"
    row "improve: $short" 'oracle: no such provider; there are' \
        improve cartpole --policy "$start" --model "$model" --out "$TMP/out"
    row "compare: $short" 'oracle: no such provider; there are' \
        compare cartpole --policy "$start" --model search --model "$model" --out "$TMP/out"
    row "sweep: $short" 'oracle: no such provider; there are' \
        sweep atari57 --games pong --model "$model" --out "$TMP/out"
    row "dream: $short" 'oracle: no such provider; there are' dream --model "$model"
    row "dream --measure: $short" 'oracle: no such provider; there are' \
        dream --measure cartpole --model "$model" --out "$TMP/out"
    row "nightly: $short" 'task 1: .*oracle: no such provider; there are' \
        nightly "$TMP/night.json"
done
row "compare: the second of a list" 'oracle: no such provider' \
    compare cartpole --policy "$start" --models search,oracle --out "$TMP/out"
row "best-of says how many" 'best-of: say how many rewrites' \
    compare cartpole --policy "$start" --model best-of:search --out "$TMP/out"
row "an ensemble without a file" 'ensemble: name its file' \
    sweep atari57 --games pong --model ensemble --out "$TMP/out"
row "one that cannot dream" 'search: cannot dream' dream --model search
row "one whose name begins like another's" 'openaix: no such provider' dream --model openaix
done_testing
