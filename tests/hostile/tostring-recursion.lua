-- a __tostring that calls itself => error: C stack overflow|stack overflow
local function act(obs)
  local mt = {}
  mt.__tostring = function(t) return tostring(t) end
  return tostring(setmetatable({}, mt))
end
return { act = act }
