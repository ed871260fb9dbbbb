# wires.t - whole runs against servers that demand what the vendors' references demand
# (strict_server.py): two tool calls of a model that thinks, then a policy. Any request that
# such a server refuses is in its log.
. tests/tap.sh
key=sk-strict-4f9d2c7b1e55aa
export XDG_CONFIG_HOME="$TMP/config" STRICT_KEY="$key" no_proxy='*'
unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR HTTPS_PROXY https_proxy ALL_PROXY all_proxy
mkdir -p "$TMP/config/ratchet"
server=
trap 'kill $server 2>/dev/null; rm -rf "$TMP"' EXIT

serve() { # serve VENDOR [OPTION...]: on $port; what it says is in $log
    [ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
    log=$TMP/$1.log
    rm -f "$log"
    python3 tests/strict_server.py "$@" >"$log" 2>"$log.err" &
    server=$!
    for _ in $(seq 100); do
        [ -s "$log" ] && break
        sleep 0.1
    done
    port=$(head -1 "$log")
}
improve() { # improve NAME MODEL [OPTION...]
    folder=$TMP/run-$1
    shift
    "$RATCHET" improve cartpole --set dev=2 --set gate=8 -n 1 --out "$folder" --json --model "$@" \
        >"$folder.out" 2>"$folder.err" </dev/null
}
whole() { # whole NAME: the run asked once before it began, then three turns, none refused
    [ "$(sed 1d "$log" | tr '\n' ';')" = '200 turn None;200 turn 0;200 turn 1;200 turn 2;' ]
    ok "$1" $? "$(cat "$log" "$log.err" "$folder.err")"
    ! grep -rqF "$key" "$folder" "$folder.out" "$folder.err" "$TMP/logs"
    ok "$1: the key is in nothing that was written" $?
}

serve openai
OPENAI_API_KEY=$key OPENAI_BASE_URL=http://127.0.0.1:$port improve openai openai:m \
    --model-option reasoning_effort=high --model-option verbosity=low \
    --model-option service_tier=flex --model-option cache_key=k1 --model-option temperature=0.5 \
    --model-option max_tokens=4000 --model-option organization=org-1 --model-option project=proj-1
whole "openai: settings are the fields and headers of Chat Completions"

serve deepseek
improve deepseek openai:m --model-option base="http://127.0.0.1:$port/" --model-option key=STRICT_KEY
[ "$(grep -c '^400' "$log")" -eq 1 ] && grep -q 'turn 2' "$log"
ok "deepseek: reasoning_content goes back, and an empty one where it is missed" $? "$(cat "$log" "$folder.err")"
grep -q 'an empty one goes with those that had none' "$folder.err"
ok "deepseek: which is said" $? "$(cat "$folder.err")"

serve openrouter
improve openrouter openai:m --model-option base="http://127.0.0.1:$port/api/v1" \
    --model-option key=STRICT_KEY --model-option body='{"provider": {"order": ["a", "b"]}}' \
    --model-option headers='{"X-Title": "ratchet"}'
whole "openrouter: reasoning_details go back, joined; body and headers are set"

serve minimax
improve minimax openai:m --model-option base="http://127.0.0.1:$port/v1" \
    --model-option key=STRICT_KEY --model-option body='{"reasoning_split": true}'
whole "minimax: reasoning_details that repeat all are taken once"

serve gemini
improve gemini openai:m --model-option base="http://127.0.0.1:$port/v1beta/openai/" --model-option key=STRICT_KEY
whole "gemini: a call's thought signature goes back"

serve vertex
cat >"$TMP/config/ratchet/models.json" <<J
{"vertex": {"model": "openai:m", "key": "STRICT_KEY",
  "base": "http://127.0.0.1:$port/v1/projects/p1/locations/global/endpoints/openapi"}}
J
improve vertex vertex
whole "vertex: by a name of models.json"

serve azure
improve azure openai:m --model-option base="http://127.0.0.1:$port/openai" \
    --model-option path='/deployments/{model}/chat/completions' \
    --model-option api_version=2024-10-21 --model-option auth=api-key --model-option key=STRICT_KEY
whole "azure: a deployment, its api-version, the key's header"

serve anthropic
ANTHROPIC_API_KEY=$key ANTHROPIC_BASE_URL=http://127.0.0.1:$port/v1/ improve anthropic anthropic:m \
    --model-option thinking_budget=2048 --model-option reasoning_effort=high \
    --model-option betas='["a-1", "b-2"]'
whole "anthropic: thinking goes back, signed and in its place; betas and effort"

serve anthropic_token
ANTHROPIC_AUTH_TOKEN=$key ANTHROPIC_BASE_URL=http://127.0.0.1:$port improve token anthropic:m
whole "anthropic: a bearer's token"

serve bedrock
AWS_ACCESS_KEY_ID=AKIDEXAMPLE12345678 AWS_SECRET_ACCESS_KEY=secret/key+1 AWS_SESSION_TOKEN=session-token-1 \
    improve bedrock anthropic:anthropic.claude-sonnet-4-6 --model-option base="http://127.0.0.1:$port" \
    --model-option path='/model/{model}/invoke' --model-option aws_region=eu-west-1 \
    --model-option stream=false \
    --model-option body='{"anthropic_version": "bedrock-2023-05-31", "model": null}'
whole "bedrock: InvokeModel, signed by Signature Version 4"
AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b improve colon 'anthropic:anthropic.claude-v2:1' \
    --model-option base="http://127.0.0.1:$port" --model-option path='/model/{model}/invoke' \
    --model-option aws_region=eu-west-1
grep -q 'cannot be signed' "$folder.err" && [ ! -e "$folder" ]
ok "bedrock: a name that cannot be signed is refused" $? "$(cat "$folder.err")"
! grep -rqF 'secret/key' "$folder" "$folder.out" "$folder.err" "$TMP/logs"
ok "bedrock: the secret is in nothing that was written" $?

serve responses
OPENAI_API_KEY=$key OPENAI_BASE_URL=http://127.0.0.1:$port/v1/responses improve responses \
    'openai-responses:m {"reasoning_effort": "low", "verbosity": "high"}'
whole "responses: settings in braces; reasoning items go back"

serve plain --unix "$TMP/model.sock"
improve unix openai:m --model-option base="unix:$TMP/model.sock" --model-option key=STRICT_KEY
whole "a unix socket"

if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$TMP/tls.key" -out "$TMP/tls.pem" -days 2 \
        -subj /CN=models.test -addext 'subjectAltName=DNS:models.test,IP:127.0.0.1' 2>/dev/null
    serve plain --tls "$TMP/tls.pem" "$TMP/tls.key"
    improve untrusted openai:m --model-option base="https://127.0.0.1:$port" --model-option key=STRICT_KEY
    grep -q 'certificate is not trusted' "$folder.err" && [ ! -e "$folder" ]
    ok "a certificate that nobody trusts: the run does not begin" $? "$(cat "$folder.err")"
    SSL_CERT_FILE=$TMP/tls.pem improve tls openai:m --model-option base="https://127.0.0.1:$port" \
        --model-option key=STRICT_KEY
    whole "SSL_CERT_FILE"
    serve plain --tls "$TMP/tls.pem" "$TMP/tls.key"
    CURL_CA_BUNDLE=$TMP/tls.pem improve bundle openai:m \
        --model-option base="https://127.0.0.1:$port" --model-option key=STRICT_KEY
    whole "CURL_CA_BUNDLE"
    serve plain --proxy --tls "$TMP/tls.pem" "$TMP/tls.key"
    no_proxy='' HTTPS_PROXY=http://127.0.0.1:$port SSL_CERT_FILE=$TMP/tls.pem improve proxy openai:m \
        --model-option base=https://models.test/v1 --model-option key=STRICT_KEY
    grep -q '^CONNECT models.test:443' "$log" && grep -q '200 turn 2' "$log"
    ok "HTTPS_PROXY" $? "$(cat "$log" "$log.err" "$folder.err")"
else
    skip "certificates and proxies" "no openssl" openssl
fi

# Two vendors in one process, each with its own base and key.
serve deepseek
first=$port first_server=$server
server=
serve gemini
cat >"$TMP/two.json" <<J
{"models": [
  {"model": "openai:m {\"base\": \"http://127.0.0.1:$first\", \"key\": \"STRICT_KEY\"}"},
  {"model": "openai:m {\"base\": \"http://127.0.0.1:$port/v1beta/openai\", \"key\": \"STRICT_KEY\"}"}]}
J
improve two "ensemble:$TMP/two.json"
grep -q 'turn None' "$TMP/deepseek.log" && grep -q 'turn None' "$TMP/gemini.log" &&
    cat "$TMP/deepseek.log" "$TMP/gemini.log" | grep -q 'turn 2'
ok "an ensemble of two vendors: both answer before the start" $? "$(cat "$TMP/deepseek.log" "$TMP/gemini.log" "$folder.err")"
kill "$server" && wait "$server" 2>/dev/null
server=
improve one-dead "ensemble:$TMP/two.json"
grep -q 'the run does not begin: .*model 2' "$folder.err" && [ ! -e "$folder" ]
ok "one of two that does not answer: the run does not begin" $? "$(cat "$folder.err")"
kill "$first_server"

# A conversation that is longer than the model takes ends, and the next one is shorter.
serve overflow
"$RATCHET" improve cartpole --set dev=2 --set gate=8 -n 4 --out "$TMP/long" --json \
    --model 'openai:m' --model-option base="http://127.0.0.1:$port" --model-option key=STRICT_KEY \
    >"$TMP/long.out" 2>"$TMP/long.err" </dev/null
ok "too long: the run goes on" $? "$(cat "$TMP/long.err")"
grep -q '^500' "$log" && grep -q '200 turn 2' "$log"
ok "too long: a shorter brief is taken" $? "$(cat "$log")"

# Keys that are typed where they do not belong.
expect "a key in place of its name" 2 'never the key itself' \
    "$RATCHET" improve cartpole --model openai:m --model-option key="$key" --out "$TMP/no"
expect "a key in a header" 2 'write \$NAME' "$RATCHET" improve cartpole --model openai:m \
    --model-option headers="{\"x-api-key\": \"$key\"}" --out "$TMP/no"
expect "a setting that there is not" 2 'no such setting' \
    "$RATCHET" improve cartpole --model openai:m --model-option nonsense=1 --out "$TMP/no"
expect "a setting of nobody" 2 'needs a --model' \
    "$RATCHET" improve cartpole --model-option temperature=1 --out "$TMP/no"
expect "settings of a search" 2 'KEY=JSON|no settings|no such' \
    "$RATCHET" improve cartpole --model search --model-option temperature=1 --out "$TMP/no"
printf '{"x": {"model": "openai:m", "nonsense": 1}}' >"$TMP/config/ratchet/models.json"
expect "a broken models.json" 2 'models.json: "x": no such setting' \
    "$RATCHET" improve cartpole --model x --out "$TMP/no"
rm "$TMP/config/ratchet/models.json"
"$RATCHET" improve cartpole --set dev=2 --set gate=8 -n 1 --out "$TMP/typed" \
    --model "command:OPENAI_API_KEY=$key sh -c 'sleep 3; exit 1'" >"$TMP/typed.out" 2>&1 </dev/null &
run=$!
for _ in $(seq 50); do
    [ -e "$TMP/typed/salt" ] && break
    sleep 0.1
done
! tr '\0' ' ' <"/proc/$run/cmdline" | grep -qF "$key"
ok "a key that was typed into a command is not in ps" $?
wait "$run"
! grep -rqF "$key" "$TMP/typed" "$TMP/typed.out" "$TMP/logs"
ok "nor in folder, output or ledger" $? "$(grep -rlF "$key" "$TMP/typed" "$TMP/typed.out" "$TMP/logs")"
grep -q 'kept as asterisks' "$TMP/typed.out"
ok "which is said" $? "$(cat "$TMP/typed.out")"
done_testing
