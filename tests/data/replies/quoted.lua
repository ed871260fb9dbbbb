-- base: pushes by the pole's angle alone.
local gain = 1
local name = "b"

local function act(obs)
  if gain * obs.angle > 0 then
    return 1
  end
  return 0
end

return { act = act }
