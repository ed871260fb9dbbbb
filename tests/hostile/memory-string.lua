-- a string that doubles => memory: ^memory-string\.lua:4: act used up its 2048 KiB of memory [memory_kib=2048 act_instructions=100000000]
local function act(obs)
  local s = "x"
  while true do s = s .. s end
end
return { act = act }
