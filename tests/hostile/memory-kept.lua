-- memory to the last byte, and kept => memory: used up its 1024 KiB of memory [memory_kib=1024 act_instructions=100000000]
hoard = {}
local function act(obs)
  for i = 1, 1e7 do hoard[#hoard + 1] = {} end
  return 0
end
return { act = act }
