-- gsub whose function never returns => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  return ("x"):gsub(".", function() while true do end end)
end
return { act = act }
