-- a loop in reset => instructions: ^loop-reset\.lua:3: reset used up its 30000 instructions [reset_instructions=30000]
local function reset(info)
  while true do end
end
local function act(obs)
  return 0
end
return { act = act, reset = reset }
