-- an __eq that never ends => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  local mt = { __eq = function() while true do end end }
  return setmetatable({}, mt) == setmetatable({}, mt)
end
return { act = act }
