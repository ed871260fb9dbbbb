-- learned.lua - torques are a linear function of the state; the weights are learned, by search alone.
local p, w

local function reset(info)
  p = info.params
  w = {}
  for a = 1, 6 do
    w[a] = {}
    for f = 1, 18 do w[a][f] = p['w' .. a .. '_' .. f] end
  end
end

local x = {}
local function act(obs)
  x[1], x[2], x[9], x[10], x[11] = obs.z * 5, obs.pitch * 2, obs.velocity_x / 5, obs.velocity_z / 2, obs.pitch_velocity / 4
  for i = 1, 6 do
    x[2 + i] = obs.joints[i] * 2
    x[11 + i] = obs.joint_velocities[i] / 10
  end
  x[18] = 1
  local action = {}
  for a = 1, 6 do
    local sum = 0
    local row = w[a]
    for f = 1, 18 do sum = sum + row[f] * x[f] end
    action[a] = math.max(-1, math.min(1, sum))
  end
  return action
end

return {
  params = {
    w1_1 = { default = -0.77193, min = -2, max = 2 },
    w1_2 = { default = -0.47007, min = -2, max = 2 },
    w1_3 = { default = -0.95813, min = -2, max = 2 },
    w1_4 = { default = 1.36839, min = -2, max = 2 },
    w1_5 = { default = -0.422161, min = -2, max = 2 },
    w1_6 = { default = -0.084009, min = -2, max = 2 },
    w1_7 = { default = -0.511845, min = -2, max = 2 },
    w1_8 = { default = -0.205507, min = -2, max = 2 },
    w1_9 = { default = 1.13344, min = -2, max = 2 },
    w1_10 = { default = -0.467438, min = -2, max = 2 },
    w1_11 = { default = -0.176993, min = -2, max = 2 },
    w1_12 = { default = -0.543783, min = -2, max = 2 },
    w1_13 = { default = -0.324402, min = -2, max = 2 },
    w1_14 = { default = 0.376894, min = -2, max = 2 },
    w1_15 = { default = 0.0725264, min = -2, max = 2 },
    w1_16 = { default = 0.308296, min = -2, max = 2 },
    w1_17 = { default = -0.635671, min = -2, max = 2 },
    w1_18 = { default = 0.0951401, min = -2, max = 2 },
    w2_1 = { default = 0.395445, min = -2, max = 2 },
    w2_2 = { default = 0.498284, min = -2, max = 2 },
    w2_3 = { default = 0.0747053, min = -2, max = 2 },
    w2_4 = { default = -0.104814, min = -2, max = 2 },
    w2_5 = { default = 0.903029, min = -2, max = 2 },
    w2_6 = { default = 0.40048, min = -2, max = 2 },
    w2_7 = { default = 1.00656, min = -2, max = 2 },
    w2_8 = { default = 0.158119, min = -2, max = 2 },
    w2_9 = { default = -0.0578142, min = -2, max = 2 },
    w2_10 = { default = 0.732754, min = -2, max = 2 },
    w2_11 = { default = -0.142415, min = -2, max = 2 },
    w2_12 = { default = -0.207505, min = -2, max = 2 },
    w2_13 = { default = 0.39149, min = -2, max = 2 },
    w2_14 = { default = -0.135727, min = -2, max = 2 },
    w2_15 = { default = 0.823, min = -2, max = 2 },
    w2_16 = { default = 0.156887, min = -2, max = 2 },
    w2_17 = { default = 0.565949, min = -2, max = 2 },
    w2_18 = { default = 0.952624, min = -2, max = 2 },
    w3_1 = { default = -1.1857, min = -2, max = 2 },
    w3_2 = { default = -0.257854, min = -2, max = 2 },
    w3_3 = { default = -0.0939479, min = -2, max = 2 },
    w3_4 = { default = -0.467294, min = -2, max = 2 },
    w3_5 = { default = 0.238959, min = -2, max = 2 },
    w3_6 = { default = -0.738944, min = -2, max = 2 },
    w3_7 = { default = -0.861236, min = -2, max = 2 },
    w3_8 = { default = 0.0635933, min = -2, max = 2 },
    w3_9 = { default = -0.418534, min = -2, max = 2 },
    w3_10 = { default = 0.0924894, min = -2, max = 2 },
    w3_11 = { default = 1.36425, min = -2, max = 2 },
    w3_12 = { default = 0.0563383, min = -2, max = 2 },
    w3_13 = { default = -0.422481, min = -2, max = 2 },
    w3_14 = { default = -0.425149, min = -2, max = 2 },
    w3_15 = { default = -0.756342, min = -2, max = 2 },
    w3_16 = { default = -0.978383, min = -2, max = 2 },
    w3_17 = { default = -1.34526, min = -2, max = 2 },
    w3_18 = { default = 0.413326, min = -2, max = 2 },
    w4_1 = { default = -1.29598, min = -2, max = 2 },
    w4_2 = { default = 0.47351, min = -2, max = 2 },
    w4_3 = { default = 0.12184, min = -2, max = 2 },
    w4_4 = { default = -0.47502, min = -2, max = 2 },
    w4_5 = { default = 0.780642, min = -2, max = 2 },
    w4_6 = { default = 0.17933, min = -2, max = 2 },
    w4_7 = { default = -0.40603, min = -2, max = 2 },
    w4_8 = { default = -0.173476, min = -2, max = 2 },
    w4_9 = { default = -0.113843, min = -2, max = 2 },
    w4_10 = { default = -0.296313, min = -2, max = 2 },
    w4_11 = { default = -0.10147, min = -2, max = 2 },
    w4_12 = { default = 0.28888, min = -2, max = 2 },
    w4_13 = { default = 0.0644554, min = -2, max = 2 },
    w4_14 = { default = -0.0700813, min = -2, max = 2 },
    w4_15 = { default = -0.494518, min = -2, max = 2 },
    w4_16 = { default = -0.0517276, min = -2, max = 2 },
    w4_17 = { default = 0.165239, min = -2, max = 2 },
    w4_18 = { default = -0.932274, min = -2, max = 2 },
    w5_1 = { default = -1.45585, min = -2, max = 2 },
    w5_2 = { default = -0.0047372, min = -2, max = 2 },
    w5_3 = { default = -0.00446345, min = -2, max = 2 },
    w5_4 = { default = -0.336914, min = -2, max = 2 },
    w5_5 = { default = 1.29871, min = -2, max = 2 },
    w5_6 = { default = -1.16843, min = -2, max = 2 },
    w5_7 = { default = -0.916588, min = -2, max = 2 },
    w5_8 = { default = 0.345824, min = -2, max = 2 },
    w5_9 = { default = 0.560263, min = -2, max = 2 },
    w5_10 = { default = 0.409461, min = -2, max = 2 },
    w5_11 = { default = 0.0844159, min = -2, max = 2 },
    w5_12 = { default = -0.1424, min = -2, max = 2 },
    w5_13 = { default = -0.0979442, min = -2, max = 2 },
    w5_14 = { default = 0.596458, min = -2, max = 2 },
    w5_15 = { default = -0.287416, min = -2, max = 2 },
    w5_16 = { default = -0.987144, min = -2, max = 2 },
    w5_17 = { default = -0.528277, min = -2, max = 2 },
    w5_18 = { default = 0.48214, min = -2, max = 2 },
    w6_1 = { default = 0.109929, min = -2, max = 2 },
    w6_2 = { default = -0.957131, min = -2, max = 2 },
    w6_3 = { default = -0.21335, min = -2, max = 2 },
    w6_4 = { default = -1.44575, min = -2, max = 2 },
    w6_5 = { default = 0.41973, min = -2, max = 2 },
    w6_6 = { default = 0.469974, min = -2, max = 2 },
    w6_7 = { default = -0.82032, min = -2, max = 2 },
    w6_8 = { default = -0.587496, min = -2, max = 2 },
    w6_9 = { default = -0.617233, min = -2, max = 2 },
    w6_10 = { default = -0.102463, min = -2, max = 2 },
    w6_11 = { default = -0.0871846, min = -2, max = 2 },
    w6_12 = { default = -0.594982, min = -2, max = 2 },
    w6_13 = { default = 0.685304, min = -2, max = 2 },
    w6_14 = { default = 0.259778, min = -2, max = 2 },
    w6_15 = { default = 0.231536, min = -2, max = 2 },
    w6_16 = { default = 0.211458, min = -2, max = 2 },
    w6_17 = { default = 0.599268, min = -2, max = 2 },
    w6_18 = { default = 0.33034, min = -2, max = 2 },
  },
  reset = reset,
  act = act,
}
