-- learned.lua - two lines through the scaled state, one for rising and one for falling, blended by the
-- vertical speed. The first were tuned from those of a model, the second from 0.
local p

-- Senses are scaled to about one; the weights are tuned.
local senses = { "bias", "z", "pitch", "vx", "vz", "spin", "thigh", "leg", "foot", "thighv", "legv", "footv" }
local motors = { "T", "L", "F" }
local mean, slope

local function reset(info)
  p = info.params
  mean, slope = {}, {}
  for i, motor in ipairs(motors) do
    mean[i], slope[i] = {}, {}
    for j, sense in ipairs(senses) do
      mean[i][j] = p[motor .. "_" .. sense]
      slope[i][j] = p[motor .. "_" .. sense .. "_rising"]
    end
  end
end

local function act(obs)
  local q, w = obs.joints, obs.joint_velocities
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
    w[1] / 4,
    w[2] / 4,
    w[3] / 4,
  }
  local action = {}
  local rising = math.max(-1, math.min(1, obs.velocity_z))
  for i = 1, #motors do
    local sum, m, s = 0, mean[i], slope[i]
    for j = 1, #x do
      sum = sum + (m[j] + s[j] * rising) * x[j]
    end
    action[i] = math.max(-1, math.min(1, sum))
  end
  return action
end

return {
  params = {
    T_bias = { default = -0.769827, min = -5, max = 5 },
    T_z = { default = -0.547112, min = -5, max = 5 },
    T_pitch = { default = -2.6749, min = -5, max = 5 },
    T_vx = { default = -0.0193896, min = -5, max = 5 },
    T_vz = { default = -0.264248, min = -5, max = 5 },
    T_spin = { default = -1.42164, min = -5, max = 5 },
    T_thigh = { default = 0.202257, min = -5, max = 5 },
    T_leg = { default = -0.152501, min = -5, max = 5 },
    T_foot = { default = 0.38435, min = -5, max = 5 },
    T_thighv = { default = 0.050385, min = -5, max = 5 },
    T_legv = { default = 1.16205, min = -5, max = 5 },
    T_footv = { default = -0.123745, min = -5, max = 5 },
    L_bias = { default = 0.0924159, min = -5, max = 5 },
    L_z = { default = 1.63105, min = -5, max = 5 },
    L_pitch = { default = 0.27757, min = -5, max = 5 },
    L_vx = { default = -1.98142, min = -5, max = 5 },
    L_vz = { default = 0.276437, min = -5, max = 5 },
    L_spin = { default = -0.946892, min = -5, max = 5 },
    L_thigh = { default = -1.58445, min = -5, max = 5 },
    L_leg = { default = 0.779613, min = -5, max = 5 },
    L_foot = { default = 1.70715, min = -5, max = 5 },
    L_thighv = { default = -0.996708, min = -5, max = 5 },
    L_legv = { default = -1.85479, min = -5, max = 5 },
    L_footv = { default = 1.35989, min = -5, max = 5 },
    F_bias = { default = 1.05722, min = -5, max = 5 },
    F_z = { default = -0.621628, min = -5, max = 5 },
    F_pitch = { default = -1.04087, min = -5, max = 5 },
    F_vx = { default = -1.90375, min = -5, max = 5 },
    F_vz = { default = -1.8604, min = -5, max = 5 },
    F_spin = { default = 0.33574, min = -5, max = 5 },
    F_thigh = { default = 1.5833, min = -5, max = 5 },
    F_leg = { default = -0.548905, min = -5, max = 5 },
    F_foot = { default = -0.931906, min = -5, max = 5 },
    F_thighv = { default = 1.39533, min = -5, max = 5 },
    F_legv = { default = 1.62235, min = -5, max = 5 },
    F_footv = { default = -0.835163, min = -5, max = 5 },
    T_bias_rising = { default = -0.134307, min = -5, max = 5 },
    T_z_rising = { default = 0.156781, min = -5, max = 5 },
    T_pitch_rising = { default = -0.472615, min = -5, max = 5 },
    T_vx_rising = { default = -0.0311952, min = -5, max = 5 },
    T_vz_rising = { default = 0.293278, min = -5, max = 5 },
    T_spin_rising = { default = -0.415613, min = -5, max = 5 },
    T_thigh_rising = { default = 0.463598, min = -5, max = 5 },
    T_leg_rising = { default = -0.268314, min = -5, max = 5 },
    T_foot_rising = { default = -0.602476, min = -5, max = 5 },
    T_thighv_rising = { default = 0.400633, min = -5, max = 5 },
    T_legv_rising = { default = -0.0643545, min = -5, max = 5 },
    T_footv_rising = { default = -0.0703737, min = -5, max = 5 },
    L_bias_rising = { default = -0.143121, min = -5, max = 5 },
    L_z_rising = { default = 0.0592441, min = -5, max = 5 },
    L_pitch_rising = { default = 0.516761, min = -5, max = 5 },
    L_vx_rising = { default = -0.477943, min = -5, max = 5 },
    L_vz_rising = { default = -0.0698827, min = -5, max = 5 },
    L_spin_rising = { default = -0.114444, min = -5, max = 5 },
    L_thigh_rising = { default = 0.0785084, min = -5, max = 5 },
    L_leg_rising = { default = -0.199521, min = -5, max = 5 },
    L_foot_rising = { default = -0.0734278, min = -5, max = 5 },
    L_thighv_rising = { default = -0.521281, min = -5, max = 5 },
    L_legv_rising = { default = 0.0876188, min = -5, max = 5 },
    L_footv_rising = { default = 0.2045, min = -5, max = 5 },
    F_bias_rising = { default = -0.11378, min = -5, max = 5 },
    F_z_rising = { default = -0.185451, min = -5, max = 5 },
    F_pitch_rising = { default = 0.127994, min = -5, max = 5 },
    F_vx_rising = { default = 0.266037, min = -5, max = 5 },
    F_vz_rising = { default = 0.490027, min = -5, max = 5 },
    F_spin_rising = { default = 0.241966, min = -5, max = 5 },
    F_thigh_rising = { default = -0.424637, min = -5, max = 5 },
    F_leg_rising = { default = 0.114422, min = -5, max = 5 },
    F_foot_rising = { default = -0.0535324, min = -5, max = 5 },
    F_thighv_rising = { default = 0.179037, min = -5, max = 5 },
    F_legv_rising = { default = 0.135383, min = -5, max = 5 },
    F_footv_rising = { default = -0.217089, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
