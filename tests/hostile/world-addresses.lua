-- addresses in text => none: nothing [max_frames=5]
local function check(text) assert(not text:find("%x%x%x%x%x"), text) end
check(tostring({})) check(tostring(print)) check(tostring(function() end))
check(tostring(coroutine.create(print))) check(string.format("%p", {}))
check(string.format("%p", "text")) check(tostring(setmetatable({}, { __name = "n" })))
local _, e = pcall(error, {}) check(tostring(e))
return { act = function() return 0 end }
