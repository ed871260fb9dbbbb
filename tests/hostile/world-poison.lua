-- all globals and the string methods are poisoned => none: nothing [max_frames=5]
local set = setmetatable
local world, walk = _G, pairs
for name in walk(world) do world[name] = nil end
local mt = ({ act = 1 }) and ""
return { act = function() return 0 end }
