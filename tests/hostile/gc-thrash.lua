-- collections at the edge of memory => instructions: act used up its 200000 instructions [memory_kib=16384 load_instructions=100000000]
local hoard = {}
pcall(function() for i = 1, 1e6 do hoard[i] = { i } end end)
return { act = function()
  while true do pcall(string.rep, "x", 2000) local t = {} end
end }
