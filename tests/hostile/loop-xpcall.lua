-- a message handler that hides the end of the budget => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  while true do
    xpcall(function() while true do end end, function() return nil end)
  end
end
return { act = act }
