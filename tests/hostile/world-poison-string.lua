-- the metatable of strings is poisoned => none: nothing [max_frames=5]
local mt = getmetatable("")
for k in pairs(mt) do mt[k] = function() while true do end end end
mt.__eq = function() while true do end end
return { act = function() return 0 end, params = { gain = { default = 1, min = 0, max = 2 } } }
