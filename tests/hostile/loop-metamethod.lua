-- metamethods that never end => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  local t = setmetatable({}, { __concat = function() while true do end end })
  return t .. 1
end
return { act = act }
