-- swingup.lua - pump energy from below, then hold by linear feedback near the top.
local function act(obs)
  local w = obs.angular_velocity
  local pull = 10 * math.atan(obs.sin, obs.cos) + 2.7 * w
  if math.abs(pull) < 5 then
    return -pull
  end
  -- Less energy than resting upright has (gravity pulls by 15 rad/s^2): push along the speed, else brake.
  return 99 * w * (1 - obs.cos - w * w / 30)
end

return { act = act }
