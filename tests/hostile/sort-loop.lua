-- a comparator that never ends => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  table.sort({ 2, 1 }, function() while true do end end)
end
return { act = act }
