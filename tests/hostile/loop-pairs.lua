-- a __pairs that never ends => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  for k in pairs(setmetatable({}, { __pairs = function() return function() return 1 end end })) do end
end
return { act = act }
