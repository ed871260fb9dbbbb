-- a tail call to itself => instructions: act used up its 20000 instructions [act_instructions=20000]
local function f() return f() end
return { act = function() return f() end }
