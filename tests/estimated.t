# estimated.t - tokens that nobody counted, and money by them, are marked wherever they are shown:
# a tilde for people, "estimated": "yes" in JSON, a column in comma-separated values. Those that a
# server counted are not. The replies are fixtures.
. tests/tap.sh
start=$ROOT/policies/cartpole/start.lua
session() { # session FILE TOKENS: two replies that cost so much each
    python3 - "$@" <<'P'
import json
import sys
with open(sys.argv[1], "w") as out:
    print(json.dumps({"ratchet_session": 1, "notes": "a test fixture"}), file=out)
    for i in range(2):
        usage = {"usd": 0.5, "tokens_in": int(sys.argv[2]), "tokens_out": int(sys.argv[2])}
        text = "Lean.\n\n```lua\nreturn { act = function(o)\n  return o.angle * %d > 0 and 1 or 0\nend }\n```\n"
        print(json.dumps({"request": "0", "iteration": i + 1, "turn": 0,
                          "reply": {"role": "assistant", "text": text % (i + 1), "usage": usage}}), file=out)
P
}
session "$TMP/counted.jsonl" 1000
session "$TMP/guessed.jsonl" -1
for run in counted guessed; do
    "$RATCHET" improve cartpole --policy "$start" --model "recorded:$TMP/$run.jsonl" --session "$run" \
        --out "$TMP/$run" --set target=501 --set dev=2 --set gate=8 >"$TMP/out.txt" 2>&1
    ok "a run whose tokens are $run" $? "$(cat "$TMP/out.txt")"
    "$RATCHET" compare cartpole --policy "$start" --model "recorded:$TMP/$run.jsonl" --repeats 1 --seeds 2 \
        --set target=501 --set dev=2 --set gate=8 --out "$TMP/compare-$run" >"$TMP/compare-$run.txt" 2>&1
done
compare() { # compare RUN [OPTION...]: from the ledger
    of=$1
    shift
    "$RATCHET" compare cartpole --policy "$start" --model "recorded:$TMP/$of.jsonl" --repeats 1 --seeds 2 \
        --set target=501 --set dev=2 --set gate=8 --out "$TMP/compare-$of" "$@"
}
pages() { # pages RUN: the report, as text
    "$RATCHET" report "$1" --output "$TMP/$1.html" >/dev/null 2>&1
    sed 's/<[^>]*>/ /g' "$TMP/$1.html"
}

# For people: a tilde before tokens and money.
row() { # row NAME TOKENS USD COMMAND...: with the run's name for RUN
    name=$1 tokens=$2 usd=$3
    shift 3
    for run in counted guessed; do
        eval "$(echo "$*" | sed "s/RUN/$run/g")" >"$TMP/shown.txt" 2>"$TMP/err"
        [ "$run" = counted ] && not='!' || not=
        for figure in $tokens $usd; do
            eval "$not grep -Eq '(^|[ |>\\\\])~$figure( |\$|\|)' \"\$TMP/shown.txt\""
            ok "$name: $run, $figure" $? "$(head -30 "$TMP/shown.txt"; cat "$TMP/err")"
        done
        if [ "$run" = counted ]; then
            grep -Eq '(1000|2000|4000)' "$TMP/shown.txt"
            ok "$name: it shows what was counted" $? "$(head -30 "$TMP/shown.txt")"
        fi
    done
}
row "ledger --list calls" '[0-9]{2,}' 0.5 '"$RATCHET" ledger RUN --list calls'
row "ledger --list efficiency" '[0-9]{3,}' '[01].?5?' '"$RATCHET" ledger RUN --list efficiency'
row "ledger show" '[0-9]{2,}' 0.5 '"$RATCHET" ledger show RUN:1'
row "sessions" '[0-9]{3,}' 1 '"$RATCHET" sessions | grep -E "tokens|RUN"'
row "report --md" '[0-9]{3,}' '\$1.00' '"$RATCHET" report RUN --md'
row "report as a page" '[0-9]{3,}' '\$1.00' 'pages RUN'
row "compare" '[0-9]{3,}' 1 'compare RUN'

# For programs: a field, and numbers without a tilde.
field() { # field NAME EXPRESSION COMMAND...: of the object j
    name=$1 expression=$2
    shift 2
    for run in counted guessed; do
        eval "$(echo "$*" | sed "s/RUN/$run/g")" >"$TMP/j.json" 2>"$TMP/err"
        [ "$run" = counted ] && want=no || want=yes
        found=$(json "$TMP/j.json" "sorted(set($(echo "$expression" | sed "s/RUN/$run/g")))" 2>&1)
        [ "$found" = "['$want']" ] && ! grep -q '~' "$TMP/j.json"
        ok "$name: $run" $? "$found $(head -c 600 "$TMP/j.json"; cat "$TMP/err")"
    done
}
field "ledger --list calls --json" '[r["estimated"] for r in j]' '"$RATCHET" ledger RUN --list calls --json'
field "efficiency --json" '[r["estimated"] for r in j if r["iteration"]]' \
    '"$RATCHET" ledger RUN --list efficiency --json'
field "sessions --json" '[r["estimated"] for r in j if "RUN" in r["model"]]' '"$RATCHET" sessions --json'
field "report --json: the run" '[r["estimated"] for r in j["runs"]]' '"$RATCHET" report RUN --json'
field "report --json: iterations, money, curve" \
    '[x["estimated"] for r in j["runs"] for k in ("iterations", "money", "curve") for x in r[k] if x["tokens"]]' \
    '"$RATCHET" report RUN --json'
field "report --json: models" '[r["estimated"] for r in j["models"]]' '"$RATCHET" report RUN --json'
field "compare --json" '[r["estimated"] for r in j["models"]]' 'compare RUN --json'
field "compare --json: curves by tokens" '[r["estimated"] for r in j["curve"] if r["by"] != "steps"]' \
    'compare RUN --json'
csv() { # csv NAME COMMAND...: the column "estimated"
    name=$1
    shift
    for run in counted guessed; do
        [ "$run" = counted ] && want=no || want=yes
        eval "$(echo "$*" | sed "s/RUN/$run/g")" >"$TMP/c.csv" 2>"$TMP/err"
        found=$(python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print(sys.argv[2] in {r["estimated"] for r in rows} and (sys.argv[2] == "yes" or len({r["estimated"] for r in rows}) == 1))' \
            "$TMP/c.csv" "$want" 2>&1)
        [ "$found" = True ] && ! grep -q '~' "$TMP/c.csv"
        ok "$name: $run" $? "$found $(head -3 "$TMP/c.csv"; cat "$TMP/err")"
    done
}
csv "calls --csv" '"$RATCHET" ledger RUN --list calls --csv'
csv "efficiency --csv" '"$RATCHET" ledger RUN --list efficiency --csv'
csv "compare --csv" 'compare RUN --csv'
csv "ledger export: summary.csv" \
    '"$RATCHET" ledger export RUN "$TMP/export-RUN" >/dev/null && cat "$TMP/export-RUN/summary.csv"'
done_testing
