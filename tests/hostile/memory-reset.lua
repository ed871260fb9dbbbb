-- memory used up in reset => memory: reset used up its 2048 KiB of memory [memory_kib=2048]
local function reset(info)
  local t = {}
  while true do t[#t + 1] = {} end
end
local function act(obs)
  return 0
end
return { act = act, reset = reset }
