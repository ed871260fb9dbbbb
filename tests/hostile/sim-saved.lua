-- states saved without end => memory|instructions: used up its [plan=true]
local kept = {}
local function act(obs)
  while true do
    kept[#kept + 1] = obs.sim:save()
  end
end
return { act = act }
