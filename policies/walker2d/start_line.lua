-- start_line.lua - torques are a linear function of the scaled state, of nothing yet: a start for search.
local w

local SENSES, MOTORS = 18, 6

local function reset(info)
  w = {}
  for i = 1, MOTORS do
    w[i] = {}
    for j = 1, SENSES do
      w[i][j] = info.params["w" .. i .. "_" .. j]
    end
  end
end

local x = { 1 }
local function act(obs)
  local q, v = obs.joints, obs.joint_velocities
  x[2], x[3], x[4] = (obs.z - 1.2) / 0.1, obs.pitch / 0.2, (obs.velocity_x - 2) / 2
  x[5], x[6] = obs.velocity_z, obs.pitch_velocity / 2
  for i = 1, MOTORS do
    x[6 + i], x[12 + i] = q[i] / 0.4, v[i] / 4
  end
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
    w1_1 = { default = 0, min = -5, max = 5 },
    w1_2 = { default = 0, min = -5, max = 5 },
    w1_3 = { default = 0, min = -5, max = 5 },
    w1_4 = { default = 0, min = -5, max = 5 },
    w1_5 = { default = 0, min = -5, max = 5 },
    w1_6 = { default = 0, min = -5, max = 5 },
    w1_7 = { default = 0, min = -5, max = 5 },
    w1_8 = { default = 0, min = -5, max = 5 },
    w1_9 = { default = 0, min = -5, max = 5 },
    w1_10 = { default = 0, min = -5, max = 5 },
    w1_11 = { default = 0, min = -5, max = 5 },
    w1_12 = { default = 0, min = -5, max = 5 },
    w1_13 = { default = 0, min = -5, max = 5 },
    w1_14 = { default = 0, min = -5, max = 5 },
    w1_15 = { default = 0, min = -5, max = 5 },
    w1_16 = { default = 0, min = -5, max = 5 },
    w1_17 = { default = 0, min = -5, max = 5 },
    w1_18 = { default = 0, min = -5, max = 5 },
    w2_1 = { default = 0, min = -5, max = 5 },
    w2_2 = { default = 0, min = -5, max = 5 },
    w2_3 = { default = 0, min = -5, max = 5 },
    w2_4 = { default = 0, min = -5, max = 5 },
    w2_5 = { default = 0, min = -5, max = 5 },
    w2_6 = { default = 0, min = -5, max = 5 },
    w2_7 = { default = 0, min = -5, max = 5 },
    w2_8 = { default = 0, min = -5, max = 5 },
    w2_9 = { default = 0, min = -5, max = 5 },
    w2_10 = { default = 0, min = -5, max = 5 },
    w2_11 = { default = 0, min = -5, max = 5 },
    w2_12 = { default = 0, min = -5, max = 5 },
    w2_13 = { default = 0, min = -5, max = 5 },
    w2_14 = { default = 0, min = -5, max = 5 },
    w2_15 = { default = 0, min = -5, max = 5 },
    w2_16 = { default = 0, min = -5, max = 5 },
    w2_17 = { default = 0, min = -5, max = 5 },
    w2_18 = { default = 0, min = -5, max = 5 },
    w3_1 = { default = 0, min = -5, max = 5 },
    w3_2 = { default = 0, min = -5, max = 5 },
    w3_3 = { default = 0, min = -5, max = 5 },
    w3_4 = { default = 0, min = -5, max = 5 },
    w3_5 = { default = 0, min = -5, max = 5 },
    w3_6 = { default = 0, min = -5, max = 5 },
    w3_7 = { default = 0, min = -5, max = 5 },
    w3_8 = { default = 0, min = -5, max = 5 },
    w3_9 = { default = 0, min = -5, max = 5 },
    w3_10 = { default = 0, min = -5, max = 5 },
    w3_11 = { default = 0, min = -5, max = 5 },
    w3_12 = { default = 0, min = -5, max = 5 },
    w3_13 = { default = 0, min = -5, max = 5 },
    w3_14 = { default = 0, min = -5, max = 5 },
    w3_15 = { default = 0, min = -5, max = 5 },
    w3_16 = { default = 0, min = -5, max = 5 },
    w3_17 = { default = 0, min = -5, max = 5 },
    w3_18 = { default = 0, min = -5, max = 5 },
    w4_1 = { default = 0, min = -5, max = 5 },
    w4_2 = { default = 0, min = -5, max = 5 },
    w4_3 = { default = 0, min = -5, max = 5 },
    w4_4 = { default = 0, min = -5, max = 5 },
    w4_5 = { default = 0, min = -5, max = 5 },
    w4_6 = { default = 0, min = -5, max = 5 },
    w4_7 = { default = 0, min = -5, max = 5 },
    w4_8 = { default = 0, min = -5, max = 5 },
    w4_9 = { default = 0, min = -5, max = 5 },
    w4_10 = { default = 0, min = -5, max = 5 },
    w4_11 = { default = 0, min = -5, max = 5 },
    w4_12 = { default = 0, min = -5, max = 5 },
    w4_13 = { default = 0, min = -5, max = 5 },
    w4_14 = { default = 0, min = -5, max = 5 },
    w4_15 = { default = 0, min = -5, max = 5 },
    w4_16 = { default = 0, min = -5, max = 5 },
    w4_17 = { default = 0, min = -5, max = 5 },
    w4_18 = { default = 0, min = -5, max = 5 },
    w5_1 = { default = 0, min = -5, max = 5 },
    w5_2 = { default = 0, min = -5, max = 5 },
    w5_3 = { default = 0, min = -5, max = 5 },
    w5_4 = { default = 0, min = -5, max = 5 },
    w5_5 = { default = 0, min = -5, max = 5 },
    w5_6 = { default = 0, min = -5, max = 5 },
    w5_7 = { default = 0, min = -5, max = 5 },
    w5_8 = { default = 0, min = -5, max = 5 },
    w5_9 = { default = 0, min = -5, max = 5 },
    w5_10 = { default = 0, min = -5, max = 5 },
    w5_11 = { default = 0, min = -5, max = 5 },
    w5_12 = { default = 0, min = -5, max = 5 },
    w5_13 = { default = 0, min = -5, max = 5 },
    w5_14 = { default = 0, min = -5, max = 5 },
    w5_15 = { default = 0, min = -5, max = 5 },
    w5_16 = { default = 0, min = -5, max = 5 },
    w5_17 = { default = 0, min = -5, max = 5 },
    w5_18 = { default = 0, min = -5, max = 5 },
    w6_1 = { default = 0, min = -5, max = 5 },
    w6_2 = { default = 0, min = -5, max = 5 },
    w6_3 = { default = 0, min = -5, max = 5 },
    w6_4 = { default = 0, min = -5, max = 5 },
    w6_5 = { default = 0, min = -5, max = 5 },
    w6_6 = { default = 0, min = -5, max = 5 },
    w6_7 = { default = 0, min = -5, max = 5 },
    w6_8 = { default = 0, min = -5, max = 5 },
    w6_9 = { default = 0, min = -5, max = 5 },
    w6_10 = { default = 0, min = -5, max = 5 },
    w6_11 = { default = 0, min = -5, max = 5 },
    w6_12 = { default = 0, min = -5, max = 5 },
    w6_13 = { default = 0, min = -5, max = 5 },
    w6_14 = { default = 0, min = -5, max = 5 },
    w6_15 = { default = 0, min = -5, max = 5 },
    w6_16 = { default = 0, min = -5, max = 5 },
    w6_17 = { default = 0, min = -5, max = 5 },
    w6_18 = { default = 0, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
