-- balance.lua - push the way the pole falls, by its angle and its rate.
local function act(obs)
  return obs.angle + obs.angular_velocity / 2 > 0 and 1 or 0
end

return { act = act }
