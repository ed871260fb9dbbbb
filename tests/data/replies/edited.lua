-- base: pushes by the pole's angle alone.
local gain = 1

local function act(obs)
  if gain * obs.angle + 0.5 * obs.angular_velocity > 0 then
    return 1
  end
  return 0
end

return { act = act }
