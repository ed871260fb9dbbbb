-- Energy pumping from below, linear feedback near the top.
local p

local function reset(info)
  p = info.params
end

local function act(obs)
  local w = obs.angular_velocity
  local angle = math.atan(obs.sin, obs.cos)
  -- energy relative to resting upright: w' = 15 sin(angle) + 3 torque
  local e = 0.5 * w * w + 15 * (obs.cos - 1)
  if obs.cos > p.near and math.abs(w) < 4 then
    return math.max(-2, math.min(2, -p.angle * angle - p.velocity * w))
  end
  local push = e < p.energy and 2 or -2
  return w >= 0 and push or -push
end

return {
  params = {
    angle = { default = 10, min = 0, max = 20 },
    velocity = { default = 2, min = 0, max = 5 },
    near = { default = 0.85, min = 0.3, max = 0.98 },
    energy = { default = 0.5, min = -2, max = 4 },
  },
  reset = reset,
  act = act,
}
