-- a finalizer that is set behind our back => none: nothing [act_instructions=1000000 max_frames=3]
local function act(obs)
  local mt = {}
  for i = 1, 10000 do setmetatable({}, mt) end
  mt.__gc = function() while true do end end
  for i = 1, 10000 do local t = { {} } end
  return 0
end
return { act = act }
