-- learned.lua - torques are a linear function of the scaled state: its limit cycle is the hop. Tuned from 0.
local w

local SENSES, MOTORS = 12, 3

local function reset(info)
  w = {}
  for i = 1, MOTORS do
    w[i] = {}
    for j = 1, SENSES do
      w[i][j] = info.params["w" .. i .. "_" .. j]
    end
  end
end

local function act(obs)
  local q, v = obs.joints, obs.joint_velocities
  local x = {
    1,
    (obs.z - 1.2) / 0.1,
    obs.pitch / 0.1,
    (obs.velocity_x - 2) / 2,
    obs.velocity_z,
    obs.pitch_velocity / 2,
    q[1] / 0.4,
    q[2] / 0.4,
    q[3] / 0.4,
    v[1] / 4,
    v[2] / 4,
    v[3] / 4,
  }
  local action = {}
  for i = 1, MOTORS do
    local sum, row = 0, w[i]
    for j = 1, SENSES do
      sum = sum + row[j] * x[j]
    end
    action[i] = math.max(-1, math.min(1, sum))
  end
  return action
end

return {
  params = {
    w1_1 = { default = -0.123488, min = -5, max = 5 },
    w1_2 = { default = 0.806928, min = -5, max = 5 },
    w1_3 = { default = -3.37409, min = -5, max = 5 },
    w1_4 = { default = -0.57642, min = -5, max = 5 },
    w1_5 = { default = -1.93267, min = -5, max = 5 },
    w1_6 = { default = -1.93265, min = -5, max = 5 },
    w1_7 = { default = -0.153492, min = -5, max = 5 },
    w1_8 = { default = -0.280475, min = -5, max = 5 },
    w1_9 = { default = -0.343575, min = -5, max = 5 },
    w1_10 = { default = -1.51586, min = -5, max = 5 },
    w1_11 = { default = -0.122803, min = -5, max = 5 },
    w1_12 = { default = -0.897862, min = -5, max = 5 },
    w2_1 = { default = 0.605506, min = -5, max = 5 },
    w2_2 = { default = 0.171722, min = -5, max = 5 },
    w2_3 = { default = 0.725899, min = -5, max = 5 },
    w2_4 = { default = -2.30124, min = -5, max = 5 },
    w2_5 = { default = -2.9288, min = -5, max = 5 },
    w2_6 = { default = -0.306997, min = -5, max = 5 },
    w2_7 = { default = -0.284068, min = -5, max = 5 },
    w2_8 = { default = -2.04025, min = -5, max = 5 },
    w2_9 = { default = 1.31658, min = -5, max = 5 },
    w2_10 = { default = 1.53649, min = -5, max = 5 },
    w2_11 = { default = -1.59511, min = -5, max = 5 },
    w2_12 = { default = 0.788975, min = -5, max = 5 },
    w3_1 = { default = -0.124622, min = -5, max = 5 },
    w3_2 = { default = 1.62153, min = -5, max = 5 },
    w3_3 = { default = -0.340357, min = -5, max = 5 },
    w3_4 = { default = -4.22329, min = -5, max = 5 },
    w3_5 = { default = 0.559851, min = -5, max = 5 },
    w3_6 = { default = 2.12664, min = -5, max = 5 },
    w3_7 = { default = 0.53761, min = -5, max = 5 },
    w3_8 = { default = -0.476349, min = -5, max = 5 },
    w3_9 = { default = 0.848461, min = -5, max = 5 },
    w3_10 = { default = -0.703451, min = -5, max = 5 },
    w3_11 = { default = 0.846438, min = -5, max = 5 },
    w3_12 = { default = -0.455302, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
