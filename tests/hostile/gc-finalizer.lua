-- a finalizer => error: gc-finalizer\.lua:3: __gc: finalizers are not allowed
local function act(obs)
  setmetatable({}, { __gc = function() while true do end end })
end
return { act = act }
