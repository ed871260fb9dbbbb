# agents.t - the real coding agents of npm, each from `ratchet mcp --install` as it is printed to a
# promoted policy: the model behind them is a script (scripted_model.py) that speaks their vendors'
# APIs. Cursor and VS Code are not on npm.
. tests/tap.sh
. tests/peers/agents.sh
KEY=sk-scripted-7d21c0b4a9
start=$ROOT/policies/cartpole/start.lua

cat >"$TMP/script.json" <<'J'
[[["policy_write"], {"source": "return { act = function(o) return o.angle + 0.5 * o.angular_velocity > 0 and 1 or 0 end }"}],
 [["submit"], {"change": "Add the angular velocity."}]]
J
scripted "$TMP/script.json"

place() { # place AGENT: where its configuration lies, under its home or its project
    case $1 in
    claude) echo project/.mcp.json ;;
    codex) echo home/.codex/config.toml ;;
    gemini) echo home/.gemini/settings.json ;;
    opencode) echo project/opencode.json ;;
    esac
}

for agent in $agents; do
    if ! agent_install "$agent"; then
        skip "$agent: from --install to a promoted policy" "$WHY" npm
        continue
    fi
    at=$TMP/$agent
    mkdir -p "$at/home" "$at/project"
    file=$at/$(place "$agent")
    mkdir -p "$(dirname "$file")"
    (cd "$at" && RATCHET_HOME=$at "$RATCHET" mcp cartpole --policy "$start" --out run --set dev=6 \
        --set gate=16 --install "$agent") >"$file.ours" 2>"$at/said"
    ok "$agent: --install" $? "$(cat "$at/said")"
    command=$(sed -n 2p "$at/said")
    case $agent in
    codex) { codex_provider; cat "$file.ours"; } >"$file" ;;
    gemini) gemini_provider "$file.ours" >"$file" ;;
    opencode) opencode_provider "$file.ours" >"$file" ;;
    *) cp "$file.ours" "$file" ;;
    esac
    agent_environment "$agent" >"$at/environment"
    (cd "$at/project" && alone "$at/environment" "$at/home" timeout 120 sh -c "$command") \
        >"$at/out" 2>&1 </dev/null
    ok "$agent: \`${command%% *}\`, as --install says, ends well" $? "$(tail -n 20 "$at/out")"
    expect "$agent: its policy is the best" 0 '0\.5 \* o\.angular_velocity' cat "$at/run/best.lua"
    RATCHET_HOME=$at "$RATCHET" ledger "$at/run" --list climb --json >"$at/climb.json" 2>&1
    [ "$(json "$at/climb.json" '[r["verdict"] for r in j]')" = "['better']" ]
    ok "$agent: one promotion" $? "$(cat "$at/climb.json" "$at/out")"
    ! grep -rq "$KEY" "$at/run" "$at/logs"
    ok "$agent: its key is in nothing that the run wrote" $?
done
done_testing
