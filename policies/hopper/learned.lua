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
    w1_1 = { default = 0.136635, min = -5, max = 5 },
    w1_2 = { default = 0.724869, min = -5, max = 5 },
    w1_3 = { default = -3.45694, min = -5, max = 5 },
    w1_4 = { default = -0.500198, min = -5, max = 5 },
    w1_5 = { default = -1.9565, min = -5, max = 5 },
    w1_6 = { default = -1.84588, min = -5, max = 5 },
    w1_7 = { default = -0.0605276, min = -5, max = 5 },
    w1_8 = { default = -0.0191985, min = -5, max = 5 },
    w1_9 = { default = -0.567432, min = -5, max = 5 },
    w1_10 = { default = -1.84149, min = -5, max = 5 },
    w1_11 = { default = -0.276483, min = -5, max = 5 },
    w1_12 = { default = -0.993467, min = -5, max = 5 },
    w2_1 = { default = 0.655504, min = -5, max = 5 },
    w2_2 = { default = 0.0809702, min = -5, max = 5 },
    w2_3 = { default = 0.884548, min = -5, max = 5 },
    w2_4 = { default = -2.05033, min = -5, max = 5 },
    w2_5 = { default = -3.02813, min = -5, max = 5 },
    w2_6 = { default = -0.175228, min = -5, max = 5 },
    w2_7 = { default = -0.418205, min = -5, max = 5 },
    w2_8 = { default = -1.89499, min = -5, max = 5 },
    w2_9 = { default = 1.42279, min = -5, max = 5 },
    w2_10 = { default = 1.85651, min = -5, max = 5 },
    w2_11 = { default = -1.84371, min = -5, max = 5 },
    w2_12 = { default = 1.08517, min = -5, max = 5 },
    w3_1 = { default = -0.0588211, min = -5, max = 5 },
    w3_2 = { default = 1.67268, min = -5, max = 5 },
    w3_3 = { default = -0.404813, min = -5, max = 5 },
    w3_4 = { default = -4.21231, min = -5, max = 5 },
    w3_5 = { default = 0.42491, min = -5, max = 5 },
    w3_6 = { default = 2.02276, min = -5, max = 5 },
    w3_7 = { default = 0.507005, min = -5, max = 5 },
    w3_8 = { default = -0.136823, min = -5, max = 5 },
    w3_9 = { default = 0.664653, min = -5, max = 5 },
    w3_10 = { default = -0.747523, min = -5, max = 5 },
    w3_11 = { default = 0.674425, min = -5, max = 5 },
    w3_12 = { default = -0.563851, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
