-- an object whose __call is itself => instructions: act used up its 200000 instructions
local m = {} local a = setmetatable({}, m) m.__call = a
return { act = function() a() return 0 end }
