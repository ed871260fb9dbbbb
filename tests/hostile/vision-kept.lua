-- a copy kept each step => memory: used up its 4096 KiB of memory [observation=frame env=breakout memory_kib=4096]
local kept = {}
local function act(obs)
  kept[#kept + 1] = obs.frame:copy()
  return 0
end
return { act = act }
