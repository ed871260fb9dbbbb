-- a recursion without end => error|memory: recursion\.lua:2: (stack overflow|act used up its) [act_instructions=10000000]
local function f() return 1 + f() end
return { act = function() return f() end }
