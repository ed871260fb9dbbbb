-- start_linear.lua - each joint's torque is a line through the whole state, cut off by its limits; the weights are
-- those of a model's learned policy, declared for search.
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
    front_one = { default = 1.2235, min = -10, max = 10 },
    front_heading = { default = 2.623, min = -10, max = 10 },
    front_vx = { default = -0.67677, min = -10, max = 10 },
    front_vy = { default = 2.3659, min = -10, max = 10 },
    front_spin = { default = -0.26708, min = -10, max = 10 },
    front_front = { default = 0.81805, min = -10, max = 10 },
    front_back = { default = -4.3761, min = -10, max = 10 },
    front_front_rate = { default = 1.348, min = -10, max = 10 },
    front_back_rate = { default = -1.4908, min = -10, max = 10 },
    back_one = { default = -0.70892, min = -10, max = 10 },
    back_heading = { default = -0.67325, min = -10, max = 10 },
    back_vx = { default = -0.38587, min = -10, max = 10 },
    back_vy = { default = -1.5235, min = -10, max = 10 },
    back_spin = { default = -3.8035, min = -10, max = 10 },
    back_front = { default = 3.3668, min = -10, max = 10 },
    back_back = { default = -2.3082, min = -10, max = 10 },
    back_front_rate = { default = 0.74147, min = -10, max = 10 },
    back_back_rate = { default = -0.21937, min = -10, max = 10 },
  },
  reset = reset,
  act = act,
}
