-- bringing sim into its state without end => instructions: used up its 1000000 [plan=true]
local function act(obs)
  while true do
    obs.sim:set()
  end
end
return { act = act }
