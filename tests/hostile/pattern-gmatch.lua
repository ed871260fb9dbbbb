-- gmatch over nothing, for ever => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  while true do for x in (""):gmatch("") do end end
end
return { act = act }
