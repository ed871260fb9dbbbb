# agents.sh - sourced by the tests that drive real coding agents: `agent_install NAME` has npm put
# its command line into build/peers/NAME (BIN is then its program), `scripted SCRIPT.json` starts the model that
# plays all vendors (PORT, LOG), `agent_environment NAME` prints what the program needs to find it.
PEERS=$ROOT/$BUILD/peers
agents=${AGENTS-claude codex gemini opencode}

agent_install() {
    case $1 in
    claude) package=@anthropic-ai/claude-code ;;
    codex) package=@openai/codex ;;
    gemini) package=@google/gemini-cli ;;
    opencode) package=opencode-ai ;;
    esac
    folder=$PEERS/$1
    BIN=$folder/node_modules/.bin/$1
    "$BIN" --version >/dev/null 2>&1 </dev/null && return 0
    mkdir -p "$folder"
    echo '{"private": true}' >"$folder/package.json"
    (cd "$folder" && npm install --no-audit --no-fund "$package") >"$TMP/npm.log" 2>&1 || {
        WHY="npm: $(tail -1 "$TMP/npm.log")"
        return 1
    }
    # npm may leave out the scripts that put a native program in its place.
    for script in install.cjs postinstall.mjs; do
        file=$folder/node_modules/$package/$script
        [ ! -f "$file" ] || (cd "$(dirname "$file")" && node "./$script") >>"$TMP/npm.log" 2>&1
    done
    "$BIN" --version >"$TMP/version" 2>&1 </dev/null && return 0
    WHY="it does not start here: $(tail -1 "$TMP/version")"
    return 1
}

scripted() { # scripted SCRIPT.json
    LOG=$TMP/requests.jsonl
    : >"$TMP/port"
    python3 tests/peers/scripted_model.py "$1" "$LOG" >"$TMP/port" 2>"$TMP/model.err" &
    model=$!
    trap 'kill $model 2>/dev/null; rm -rf "$TMP"' EXIT
    for _ in $(seq 100); do
        [ -s "$TMP/port" ] && break
        sleep 0.1
    done
    PORT=$(cat "$TMP/port")
}

# What makes the program ask the scripted model and nobody else: variables, one a line.
agent_environment() {
    case $1 in
    claude)
        echo "ANTHROPIC_API_KEY=$KEY"
        echo "ANTHROPIC_BASE_URL=http://127.0.0.1:$PORT"
        echo "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1" ;;
    codex) echo "SCRIPTED_KEY=$KEY" ;;
    gemini)
        echo "GEMINI_API_KEY=$KEY"
        echo "GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:$PORT" ;;
    opencode)
        echo "SCRIPTED_KEY=$KEY"
        echo "OPENCODE_DISABLE_AUTOUPDATE=1"
        echo "OPENCODE_DISABLE_MODELS_FETCH=1" ;;
    esac
}

alone() { # alone FILE HOME COMMAND...: with these variables and no others
    variables=$1 home=$2
    shift 2
    while read -r variable; do
        set -- "$variable" "$@"
    done <"$variables"
    env -i "PATH=$(dirname "$BIN"):$PATH" "HOME=$home" "$@"
}

codex_provider() { # its part of ~/.codex/config.toml
    printf 'model = "scripted"\nmodel_provider = "scripted"\n[model_providers.scripted]\nname = "scripted"\n'
    printf 'base_url = "http://127.0.0.1:%s/v1"\nwire_api = "responses"\nenv_key = "SCRIPTED_KEY"\n' "$PORT"
}

gemini_provider() { # its settings, with those of the file FILE; a base of one's own needs the way said
    python3 -c 'import json, sys
settings = json.load(open(sys.argv[1])) if len(sys.argv) > 1 else {}
settings["security"] = {"auth": {"selectedType": "gemini-api-key"}}
print(json.dumps(settings))' "$@"
}

opencode_provider() { # opencode's configuration, with what the file FILE says
    python3 -c 'import json, sys
config = json.load(open(sys.argv[2])) if len(sys.argv) > 2 else {}
config["model"] = "scripted/scripted"
config["provider"] = {"scripted": {"npm": "@ai-sdk/openai-compatible", "name": "scripted", "options":
    {"baseURL": "http://127.0.0.1:%s/v1" % sys.argv[1], "apiKey": "{env:SCRIPTED_KEY}"},
    "models": {"scripted": {"name": "scripted"}}}}
print(json.dumps(config))' "$PORT" "$@"
}
