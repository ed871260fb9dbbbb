-- a to-be-closed variable that never closes => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  local x <close> = setmetatable({}, { __close = function() while true do end end })
  error("out")
end
return { act = act }
