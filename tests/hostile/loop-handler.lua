-- a message handler that never ends => instructions: act used up its 20000 instructions.*\n.*loop-handler\.lua:3 [act_instructions=20000]
local function act(obs)
  xpcall(error, function() while true do end end)
end
return { act = act }
