-- memory to the last byte, then an ordinary action => none: nothing [memory_kib=1024 act_instructions=100000000 max_frames=20]
local function act(obs)
  local hoard = {}
  pcall(function() while true do hoard[#hoard + 1] = { {}, {} } end end)
  pcall(function() while true do hoard[#hoard + 1] = "x" .. #hoard end end)
  hoard = nil
  return 0
end
return { act = act }
