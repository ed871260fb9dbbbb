-- vectors without end => memory: used up its 1024 KiB [memory_kib=1024]
local kept = {}
local function reset()
  while true do
    kept[#kept + 1] = vec.new(400000)
  end
end
return { reset = reset, act = function() return 0 end }
