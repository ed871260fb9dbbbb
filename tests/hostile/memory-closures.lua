-- closures until there is no memory => memory: act used up its 2048 KiB of memory [memory_kib=2048 act_instructions=100000000]
local function act(obs)
  local t = {}
  while true do t[#t + 1] = function() return t end end
end
return { act = act }
