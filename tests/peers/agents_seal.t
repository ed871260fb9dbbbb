# agents_seal.t - the real coding agents of npm at work in the seal, by the recipes of docs/agents.md
# as they stand there: each to a promoted policy, its episode counted, its tokens as it reports them.
# The model behind them is a script (scripted_model.py).
. tests/tap.sh
. tests/peers/agents.sh
KEY=sk-scripted-7d21c0b4a9
start=$ROOT/policies/cartpole/start.lua

"$RATCHET" doctor --json >"$TMP/doctor.json"
if [ "$(json "$TMP/doctor.json" 'j["seals_agents"]')" != True ]; then
    skip "agents in the seal" "agents cannot be sealed here: see ratchet doctor" bwrap
    done_testing
    exit
fi
cat >"$TMP/script.json" <<'J'
[[["Bash", "exec_command", "run_shell_command", "bash"], {"command": "echo 'return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }' >policy.lua; echo 'Add the angular velocity.' >change.txt; ratchet tool run_episodes '{\"seeds\": [0]}' --policy policy.lua"}]]
J
scripted "$TMP/script.json"

recipe() { # recipe AGENT: the command line of docs/agents.md whose model it is, on one line
    awk -v want="--model 'command:$1 " '
        { line = line $0; if (sub(/\\$/, " ", line)) next }
        index(line, want) { print line; exit }
        { line = "" }' docs/agents.md
}

for agent in $agents; do
    if ! agent_install "$agent"; then
        skip "$agent: by its recipe in the seal" "$WHY" npm
        continue
    fi
    at=$TMP/$agent
    mkdir -p "$at/user/.codex" "$at/user/.gemini" "$at/user/.config/opencode" "$at/npm"
    # Elsewhere: what lies under /work is behind the workspace there.
    cp -al "$PEERS/$agent/node_modules" "$at/npm/" 2>/dev/null || cp -a "$PEERS/$agent/node_modules" "$at/npm/"
    BIN=$at/npm/node_modules/.bin/$agent
    case $agent in
    codex) codex_provider >"$at/user/.codex/config.toml" ;;
    gemini) gemini_provider >"$at/user/.gemini/settings.json" ;;
    opencode) opencode_provider >"$at/user/.config/opencode/opencode.json" ;;
    esac
    agent_environment "$agent" >"$at/environment"
    line=$(recipe "$agent" | sed "s#~/npm#$at/npm#g; s#^build/##; s#^ratchet#\"\$RATCHET\"#; s#breakout#cartpole#")
    while read -r variable; do
        line="$line --agent-env ${variable%%=*}"
    done <"$at/environment"
    line="$line --policy $start --out $at/run --set dev=4 --set gate=16 -n 1"
    printf 'RATCHET=%s\nRATCHET_HOME=%s\n' "$RATCHET" "$at" >>"$at/environment"
    (cd "$at" && alone "$at/environment" "$at/user" timeout 180 sh -c "$line") >"$at/out" 2>&1 </dev/null
    ok "$agent: the recipe of docs/agents.md runs" $? "$line
$(tail -n 20 "$at/out" "$at/run/agent/001.log" 2>&1)"
    ! grep -q UNSEALED "$at/out"
    ok "$agent: sealed" $? "$(cat "$at/out")"
    expect "$agent: its policy is the best" 0 '0\.5 \* o\.angular_velocity' cat "$at/run/best.lua"
    export RATCHET_HOME=$at
    "$RATCHET" ledger "$at/run" --list steps --json >"$at/steps.json" 2>&1
    [ "$(json "$at/steps.json" '[r["episodes"] for r in j if r["purpose"] == "probe"]')" = "[1]" ]
    ok "$agent: the episode that it played by \`ratchet tool\` is counted" $? "$(cat "$at/steps.json")"
    "$RATCHET" ledger "$at/run" --list calls --json >"$at/calls.json" 2>&1
    [ "$(json "$at/calls.json" 'j[-1]["estimated"], sum(r["tokens_in"] for r in j) >= 2000')" = "('no', True)" ]
    ok "$agent: its tokens are those that it reports" $? "$(cat "$at/calls.json")"
    ! grep -rq "$KEY" "$at/run" "$at/logs" && [ ! -e "$at/run/agent/home" ]
    ok "$agent: its key is in nothing that the run wrote, its home is gone" $? "$(grep -rl "$KEY" "$at/run" "$at/logs")"
done
done_testing
