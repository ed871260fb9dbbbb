# mcp.t - `ratchet mcp` against clients that are not ours: npm's official SDK, in both
# generations, plays the agent from start to a promoted policy, the inspector's command line lists and calls, and the conformance
# suite's rows that suit any server pass (over mcp_http.mjs, as it speaks HTTP only).
. tests/tap.sh
PEER=$ROOT/$BUILD/peers/mcp
export RATCHET PEER START="$ROOT/policies/cartpole/start.lua"

mkdir -p "$PEER"
if ! [ -d "$PEER/node_modules/@modelcontextprotocol/client" ] &&
    ! (cd "$PEER" && echo '{"private": true}' >package.json && npm install --no-audit --no-fund \
        @modelcontextprotocol/sdk @modelcontextprotocol/client @modelcontextprotocol/inspector \
        @modelcontextprotocol/conformance@0.1.10) >"$TMP/npm.log" 2>&1
then
    skip "the SDK's client, the inspector, the conformance suite" "npm: $(tail -1 "$TMP/npm.log")" npm
    done_testing
    exit
fi

agent() { # agent NAME FILE.mjs: its rows become ours
    OUT=$TMP/$1 timeout 120 node "$2" >"$TMP/$1.tap" 2>"$TMP/$1.err"
    status=$?
    while read -r row; do
        case $row in
        "ok - "*) ok "$1: ${row#ok - }" 0 ;;
        "not ok - "*) ok "$1: ${row#not ok - }" 1 "$(grep -A1 -F "$row" "$TMP/$1.tap")" ;;
        esac
    done <"$TMP/$1.tap"
    ok "$1: the client ran to its end" "$status" "$(tail -5 "$TMP/$1.err")"
    expect "$1: what it made is there" 0 "0.5 \* o.angular_velocity" cat "$TMP/$1/best.lua"
}
agent sdk tests/peers/mcp_agent.mjs
agent sdk2 tests/peers/mcp_modern.mjs

inspect() {
    timeout 60 "$PEER/node_modules/.bin/mcp-inspector" --cli "$RATCHET" mcp cartpole "$@"
}
expect "inspector: tools" 0 '"name": "submit"' inspect --method tools/list
expect "inspector: resources" 0 'ratchet://failures' inspect --method resources/list
expect "inspector: prompts" 0 '"name": "brief"' inspect --method prompts/list
expect "inspector: a tool" 0 '"columns"' inspect --method tools/call --tool-name trace \
    --tool-arg seed=1
expect "inspector: a resource" 0 'x-lua' inspect --method resources/read --uri ratchet://policy

port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PORT=$port node tests/peers/mcp_http.mjs >"$TMP/http.log" 2>&1 &
bridge=$!
trap 'kill $bridge 2>/dev/null; wait; sleep 1; rm -rf "$TMP"' EXIT
sleep 2
for row in server-initialize ping tools-list resources-list prompts-list logging-set-level; do
    expect "conformance: $row" 0 'Passed: [1-9][0-9]*/[0-9]+, 0 failed' timeout 60 \
        "$PEER/node_modules/.bin/conformance" server --url "http://127.0.0.1:$port/mcp" \
        --scenario "$row"
done

# The newest release of the standard, 2026-07-28: its suite wants a newer node than the machine may
# have, which npm has as a package. Checks by name; the others ask for tools made for the suite, or of
# the HTTP in front of the server.
NEWEST=$ROOT/$BUILD/peers/mcp-newest
mkdir -p "$NEWEST"
if ! [ -x "$NEWEST/node_modules/node/bin/node" ] &&
    ! (cd "$NEWEST" && echo '{"private": true}' >package.json && npm install --no-audit --no-fund node@22 \
        @modelcontextprotocol/conformance@0.2.0-alpha.12 &&
        { [ -x node_modules/node/bin/node ] || (cd node_modules/node && node installArchSpecificPackage); }) >"$TMP/npm.log" 2>&1
then
    skip "conformance 2026-07-28" "npm: $(tail -n 1 "$TMP/npm.log")" npm
    done_testing
    exit
fi
RATCHET_HOME=$TMP/newest python3 tests/peers/mcp_stateless.py >"$TMP/newest.port" 2>"$TMP/newest.err" &
newest=$!
trap 'kill $bridge $newest 2>/dev/null; wait; sleep 1; rm -rf "$TMP"' EXIT
for _ in $(seq 100); do
    [ -s "$TMP/newest.port" ] && break
    sleep 0.1
done
conforms() { # conforms SCENARIO CHECK...: each of the checks is passed
    scenario=$1
    shift
    timeout 120 "$NEWEST/node_modules/node/bin/node" "$NEWEST/node_modules/.bin/conformance" server \
        --url "http://127.0.0.1:$(cat "$TMP/newest.port")/mcp" --scenario "$scenario" \
        --spec-version 2026-07-28 2>&1 | sed 's/\x1b\[[0-9;]*m//g' >"$TMP/newest.out"
    for check in "$@"; do
        grep -E "\[$check *\]" "$TMP/newest.out" | grep -q SUCCESS &&
            ! grep -E "\[$check *\]" "$TMP/newest.out" | grep -q FAILURE
        ok "conformance 2026-07-28: $scenario: $check" $? "$(grep -A1 "$check\|Error:" "$TMP/newest.out" | head -n 20)"
    done
}
conforms server-stateless sep-2575-request-meta-invalid-missing-meta \
    sep-2575-request-meta-invalid-missing-protocol-version \
    sep-2575-request-meta-invalid-missing-client-capabilities \
    sep-2575-request-meta-client-info-optional sep-2575-server-implements-discover \
    sep-2575-server-identifies-in-result-meta sep-2575-discover-capabilities-match-handlers \
    sep-2575-server-unsupported-version-error sep-2575-http-server-method-not-found-404 \
    sep-2575-http-server-error-jsonrpc-id
conforms tools-list tools-list tools-name-format tools-list-deterministic-order wire-schema-valid
conforms resources-list resources-list wire-schema-valid
conforms prompts-list prompts-list wire-schema-valid
conforms sep-2164-resource-not-found sep-2164-error-code sep-2164-data-uri
conforms caching sep-2549-tools-list-caching-hints sep-2549-resources-read-caching-hints wire-schema-valid
done_testing
