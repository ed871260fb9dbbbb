-- copies of the frame without end => memory|instructions: used up its [observation=gray env=breakout]
local kept = {}
local function act(obs)
  while true do kept[#kept + 1] = obs.frame:copy() end
end
return { act = act }
