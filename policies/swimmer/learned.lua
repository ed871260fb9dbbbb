-- learned.lua - each joint's torque is a line through the whole state, cut off by its limits; the weights are
-- tuned from those of a model.
local senses = { "one", "heading", "vx", "vy", "spin", "front", "back", "front_rate", "back_rate" }
local weight

local function reset(info)
  weight = { {}, {} }
  for j, sense in ipairs(senses) do
    weight[1][j] = info.params["front_" .. sense]
    weight[2][j] = info.params["back_" .. sense]
  end
end

local function act(obs)
  local q, w = obs.joints, obs.joint_velocities
  local x = { 1, obs.heading, obs.velocity_x, obs.velocity_y, obs.heading_velocity, q[1], q[2], w[1], w[2] }
  local action = { 0, 0 }
  for i, row in ipairs(weight) do
    for j, factor in ipairs(row) do
      action[i] = action[i] + factor * x[j]
    end
  end
  return action
end

return {
  params = {
    front_one = { default = 1.15625, min = -10, max = 10 },
    front_heading = { default = 3.42045, min = -10, max = 10 },
    front_vx = { default = -0.77035, min = -10, max = 10 },
    front_vy = { default = 1.93614, min = -10, max = 10 },
    front_spin = { default = -1.04261, min = -10, max = 10 },
    front_front = { default = 0.598132, min = -10, max = 10 },
    front_back = { default = -4.15582, min = -10, max = 10 },
    front_front_rate = { default = 1.34069, min = -10, max = 10 },
    front_back_rate = { default = -1.64816, min = -10, max = 10 },
    back_one = { default = -0.534463, min = -10, max = 10 },
    back_heading = { default = -1.12062, min = -10, max = 10 },
    back_vx = { default = -0.578671, min = -10, max = 10 },
    back_vy = { default = -1.82359, min = -10, max = 10 },
    back_spin = { default = -3.1639, min = -10, max = 10 },
    back_front = { default = 3.58759, min = -10, max = 10 },
    back_back = { default = -2.77111, min = -10, max = 10 },
    back_front_rate = { default = 1.19843, min = -10, max = 10 },
    back_back_rate = { default = -0.128037, min = -10, max = 10 },
  },
  reset = reset,
  act = act,
}
