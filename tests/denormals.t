# denormals.t - numbers below 2.2e-308 are 0 wherever a policy meets them, and only there: the
# environment, its copy to plan with included, keeps them.
. tests/tap.sh
halves=$BUILD/tests/halves.so
halved() { # halved POLICY [OPTIONS]
    "$RATCHET" run halves "$@" --plugin "$halves" -n 1
}

# A row each, "true" in a policy; x is 5e-324 as text, n a number below the least, made by
# arithmetic, least is the least number that is not 0.
while IFS='|' read -r name expression; do
    cat >"$TMP/row.lua" <<LUA
local x, least, tiny, max, abs = "5e-324", 2.2250738585072014e-308, 1e-160, math.max, math.abs
local function act(obs)
  assert($expression)
  return 0
end
return { params = { p = { default = 0, min = -1, max = 1 } }, act = act }
LUA
    expect "$name" 0 ' 0 with faults' "$RATCHET" run cartpole "$TMP/row.lua" -n 1 --set max_frames=1
    expect "$name, outside" 0 ' 0 with faults' \
        "$RATCHET" run cartpole "$TMP/row.lua" -n 1 --set max_frames=1 --outside
done <<'ROWS'
multiplied|tiny * tiny == 0 and tiny * -tiny == 0
the sign stays|1 / (tiny * -tiny) == -1 / 0 and 1 / tonumber("-" .. x) == -1 / 0
divided|least / 2 == 0 and least / 1 == least
subtracted|2.3e-308 ~= 2.25e-308 and 2.3e-308 - 2.25e-308 == 0
the least that is not|least ~= 0 and least * 1.5 > least and tostring(least) == "2.2250738585072e-308"
a constant|5e-324 == 0 and tostring(5e-324) == "0.0" and 0x1p-1074 == 0 and tostring(-5e-324) == "-0.0"
constants of the compiler|tostring(1e-160 * 1e-160) == tostring(tiny * tiny) and 1e-160 * 1e-160 == 0
text|tonumber(x) == 0 and tonumber("0x.8p-1022") == 0 and tostring(tonumber(x)) == "0.0" and math.type(tonumber(x)) == "float"
text in arithmetic|x + 0 == 0 and tostring(x + 0) == "0.0" and tostring(-x) == "-0.0"
text to a function|tostring(abs(x)) == "0.0" and math.sqrt(x) == 0 and max(tonumber(x), -1) == 0
text nearest to the least|tonumber("2.2250738585072011e-308") == 0 and tonumber("2.2250738585072013e-308") == least
powers|2.0 ^ -1074 == 0 and tiny ^ 2 == 0 and tiny ^ 1.99 == 0 and 2.0 ^ -1022 == least
powers of 0|(5e-324) ^ 0.5 == 0 and (5e-324) ^ -1 == 1 / 0 and (5e-324) ^ 0 == 1
remainders|3.3e-308 % 2.3e-308 == 0 and tostring(3.3e-308 % 2.3e-308) == "0.0" and tostring(math.fmod(-3.3e-308, 2.3e-308)) == "-0.0"
whole division|pcall(function() return 1 // 5e-324 end) and 1 // 5e-324 == 1 / 0 and 5e-324 // 1 == 0
exp and log|math.exp(-740) == 0 and math.exp(-708) > 0 and math.log(5e-324) == -1 / 0 and math.log(5e-324, 10) == -1 / 0 and math.log(5e-324, 2) == -1 / 0
roots and angles|math.sqrt(5e-324) == 0 and math.sin(5e-324) == 0 and math.atan(5e-324, 3e-310) == 0 and math.rad(1e-307) == 0
rounding|math.floor(-5e-324) == 0 and math.ceil(5e-324) == 0 and math.tointeger(5e-324) == 0 and math.modf(5e-324) == 0
comparison|not (5e-324 > 0) and not (5e-324 < 0) and 5e-324 == 0 and 5e-324 == 3e-310 and 0 <= 5e-324
keys|({ [5e-324] = 1 })[0] == 1 and ({ [0] = 2 })[tonumber(x)] == 2 and #{ [1 + 5e-324] = 1 } == 1
keys that are read|next({ [5e-324] = 1 }) == 0 and math.type(next({ [5e-324] = 1 })) == "integer"
printed|string.format("%g %a %.3f %.14g", 5e-324, 5e-324, 5e-324, 5e-324) == "0 0x0p+0 0.000 0" and 5e-324 .. "" == "0.0"
read back|tonumber(string.format("%a", least)) == least and tonumber(string.format("%q", least)) == least and load == nil
loops|(function() local n = 0 for i = 0, 1, 5e-324 + 0.5 do n = n + 1 end return n end)() == 3 and not pcall(function() for i = 0.0, 1, 5e-324 do end end)
sorted|(function() local t = { 5e-324, -1, 3e-320 } table.sort(t) return t[1] == -1 and tostring(t[2]) == "0.0" end)()
in a vec|vec.new(2, 5e-324)[1] == 0 and vec.of({ 5e-324 }):max() == 0 and tostring(vec.new(1, tiny):mul(tiny)[1]) == "0.0"
after an error|not pcall(error, x) and tiny * tiny == 0
in a coroutine|coroutine.wrap(function() coroutine.yield(tiny * tiny) end)() == 0
ROWS

cat >"$TMP/wait.lua" <<'LUA'
return { act = function() return 0 end }
LUA
expect "the environment keeps them" 0 'mean 54.*verified' halved "$TMP/wait.lua"
cat >"$TMP/seen.lua" <<'LUA'
local function bad(x)
  return string.format("%a", x):find("0x0.", 1, true) or string.format("%a", x):find("p-10[3-9]")
end
local function act(obs)
  local steps = obs.list[2]
  assert(not bad(obs.left) and not bad(obs.list[1]) and not bad(obs.minus))
  assert((obs.left == 0) == (steps > 1) and (obs.list[1] == 0) == (steps > 1), steps)
  return 0
end
return { act = act }
LUA
expect "an observation shows 0" 0 'mean 54.* verified, 0 with faults' halved "$TMP/seen.lua"
expect "an observation shows 0, outside" 0 'mean 54.* 0 with faults' halved "$TMP/seen.lua" --outside
cat >"$TMP/plan.lua" <<'LUA'
local function exact(x) return x == 0 or math.abs(x) >= 2.2250738585072014e-308 end
local function act(obs)
  local s, rest = obs.sim, 54 - obs.list[2]
  local total, played = s:rollout(vec.new(60))
  assert(total == rest and played == rest, "rollout: " .. played .. " of " .. rest)
  local sums, counts, last = s:rollouts(vec.new(120), 2, 1, true)
  assert(counts[1] == rest and counts[2] == rest)
  for i = 1, #last do assert(exact(last[i])) end
  local seen = s:observe()
  assert(exact(seen.left) and seen.list[2] == obs.list[2])
  local saved = s:save()
  for i = 1, rest do
    local reward, over = s:step(0)
    assert(over == (i == rest), "step " .. i .. " of " .. rest)
  end
  s:set(saved)
  assert(select(2, s:rollout(vec.new(60))) == rest)
  assert(1e-160 * 1e-160 == 0)
  local discounted = s:rollout(vec.new(2), 5e-324)
  assert(discounted == 1)
  return 0
end
return { act = act }
LUA
expect "so does its copy to plan with" 0 'mean 54.* verified, 0 with faults' \
    halved "$TMP/plan.lua" --set plan=true
expect "so does its copy to plan with, outside" 0 'mean 54.* 0 with faults' \
    halved "$TMP/plan.lua" --set plan=true --outside
for mode in "" --outside; do
    halved "$TMP/plan.lua" --set plan=true --json $mode >"$TMP/halves$mode.json"
done
same=$(json "$TMP/halves.json" '[(e["trajectory"], e["instructions"]) for e in j["episodes"]]')
expect "both modes: one trajectory, one count" 0 "^$(printf %s "$same" | sed 's/[][()]/\\&/g')\$" \
    python3 -c 'import json,sys; print([(e["trajectory"], e["instructions"]) for e in json.load(open(sys.argv[1]))["episodes"]])' "$TMP/halves--outside.json"
done_testing
