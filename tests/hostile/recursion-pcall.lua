-- pcall inside pcall inside pcall => instructions: used up its|stack overflow [act_instructions=20000]
local function f() return pcall(f), pcall(f) end
return { act = function() return f() end }
