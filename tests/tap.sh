# tap.sh - TAP for shell tests: sourced by tests/*.t, which run from the tree's root.
# expect NAME STATUS PATTERN COMMAND...: the command ends with STATUS, and what it prints
# (both streams) matches the extended regular expression. End with `done_testing`.
BUILD=${BUILD:-build}
RATCHET=$PWD/$BUILD/ratchet
ROOT=$PWD
TMP=$(mktemp -d "${TMPDIR:-/tmp}/ratchet-test.XXXXXX")
trap 'rm -rf "$TMP"' EXIT
export RATCHET_HOME=$TMP
unset OPENAI_API_KEY OPENAI_BASE_URL OPENAI_API_BASE ANTHROPIC_API_KEY ANTHROPIC_BASE_URL
tests=0
failures=0

ok() { # ok NAME CONDITION-STATUS [DETAILS]
    tests=$((tests + 1))
    if [ "$2" -eq 0 ]; then
        echo "ok $tests - $1"
    else
        failures=$((failures + 1))
        echo "not ok $tests - $1"
        [ -z "${3-}" ] || printf '%s\n' "$3" | sed 's/^/# /'
    fi
}

expect() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    output=$("$@" 2>&1 </dev/null)
    status=$?
    if [ "$status" -ne "$wanted" ]; then
        ok "$name" 1 "status $status, not $wanted: $output"
    else
        printf '%s\n' "$output" | grep -Eq -- "$pattern"
        ok "$name" $? "no match for $pattern in: $output"
    fi
}

skip() { # skip NAME REASON; with REQUIRE naming the reason's word it is a failure
    tests=$((tests + 1))
    case ",${REQUIRE-}," in
    *",$3,"*) failures=$((failures + 1)); echo "not ok $tests - $1: $2" ;;
    *) echo "ok $tests - $1 # SKIP $2" ;;
    esac
}

json() { # json FILE PYTHON-EXPRESSION over the object j
    python3 -c 'import json,sys; j=json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$@"
}

done_testing() {
    echo "1..$tests"
    [ "$failures" -eq 0 ]
}
