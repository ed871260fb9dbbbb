-- lqr.lua - linear feedback about the upright: gains of a discrete LQR at 20 Hz for the cart (10.5 kg)
-- and its poles (4.2 kg and 0.6 m each), one unit of force being 500 N.
local function act(obs)
  local s, v = obs.sin, obs.angular_velocities
  return -0.13 * obs.position - 0.19 * obs.velocity - s[1] - 3.87 * s[2] - 0.57 * v[1] - 0.58 * v[2]
end

return { act = act }
