-- start.lua - torque the way the first link swings: a first guess, which brakes it.
local function act(obs)
  return obs.angular_velocity1 > 0 and 2 or 0
end

return { act = act }
