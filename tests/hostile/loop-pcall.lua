-- pcall around the end of the budget => instructions: ^loop-pcall\.lua:4: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  while true do
    pcall(function() while true do end end)
  end
end
return { act = act }
