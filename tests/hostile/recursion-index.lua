-- an __index that calls itself => error: C stack overflow|stack overflow [act_instructions=10000000]
local function act(obs)
  local t = setmetatable({}, { __index = function(t, k) return t[k .. 1] end })
  return t.x
end
return { act = act }
