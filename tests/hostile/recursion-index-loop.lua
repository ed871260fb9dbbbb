-- an __index chain that is a circle => error: '__index' chain too long; possible loop
local function act(obs)
  local a, b = {}, {}
  setmetatable(a, { __index = b })
  setmetatable(b, { __index = a })
  return a.x
end
return { act = act }
