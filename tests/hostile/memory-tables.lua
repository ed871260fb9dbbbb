-- tables until there is no memory => memory: ^memory-tables\.lua:4: act used up its 2048 KiB of memory: \d+ bytes more, with \d+ KiB in use\n  memory-tables\.lua:4: in the function of line 2 [memory_kib=2048 act_instructions=100000000]
local function act(obs)
  local t = {}
  while true do t[#t + 1] = {} end
end
return { act = act }
