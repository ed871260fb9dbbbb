# mock_llm.t - a whole run against a server that is not ours: npm's @dwmkerr/mock-llm speaks
# Chat Completions, streamed in pieces of seven characters. Recorded, and played again.
. tests/tap.sh
peer=$BUILD/peers/mock-llm
key=sk-peer-4f9d2c7b1e

mkdir -p "$peer"
if ! [ -x "$peer/node_modules/.bin/mock-llm" ] &&
    ! (cd "$peer" && npm install --no-audit --no-fund @dwmkerr/mock-llm) >"$TMP/npm.log" 2>&1
then
    skip "a run against mock-llm" "npm: $(tail -1 "$TMP/npm.log")" npm
    done_testing
    exit
fi

cat >"$TMP/mock-llm.yaml" <<'YAML'
streaming:
  chunkSize: 7
  chunkIntervalMs: 1
rules:
  - path: "/v1/chat/completions"
    method: "POST"
    match: "@"
    response:
      status: 200
      content: |
        {"id": "c", "object": "chat.completion", "model": "mock-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Lean with the pole.\n```lua\nreturn {\n  act = function(obs)\n    return obs.angle + obs.angular_velocity > 0 and 1 or 0\n  end,\n}\n```\n"}, "finish_reason": "stop"}]}
YAML
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$TMP" && PORT=$port HOST=127.0.0.1 exec "$ROOT/$peer/node_modules/.bin/mock-llm") \
    >"$TMP/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$TMP"' EXIT
python3 - "$port" <<'PYTHON'
import socket, sys, time
for _ in range(100):
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    except OSError:
        time.sleep(0.1)
PYTHON

export OPENAI_BASE_URL="http://127.0.0.1:$port/v1" OPENAI_API_KEY="$key"
expect "a run from start to a promoted policy" 0 '"promotions": 1' \
    "$RATCHET" improve cartpole --model openai:m --iterations 2 --out "$TMP/live" \
    --record "$TMP/session.jsonl" --json
kill "$server"
expect "the same decisions from the recording, the server gone" 0 '"promotions": 1' \
    "$RATCHET" improve cartpole --model "recorded:$TMP/session.jsonl" --iterations 2 \
    --out "$TMP/again" --json
cmp -s "$TMP/live/best.lua" "$TMP/again/best.lua"
ok "the same policy" $?
! grep -rq "$key" "$TMP"
ok "the key is in nothing that the run wrote" $?
done_testing
