-- start_two_lines.lua - two lines through the scaled state, one for rising and one for falling, blended by the
-- vertical speed: twice the tuned line of learned.lua, for search to tell apart.
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
    T_bias = { default = -0.882022, min = -5, max = 5 },
    T_z = { default = -0.113012, min = -5, max = 5 },
    T_pitch = { default = -2.54669, min = -5, max = 5 },
    T_vx = { default = 0.197841, min = -5, max = 5 },
    T_vz = { default = -0.252778, min = -5, max = 5 },
    T_spin = { default = -1.75347, min = -5, max = 5 },
    T_thigh = { default = 0.040663, min = -5, max = 5 },
    T_leg = { default = 0.296979, min = -5, max = 5 },
    T_foot = { default = 0.161883, min = -5, max = 5 },
    T_thighv = { default = 0.111555, min = -5, max = 5 },
    T_legv = { default = 0.960746, min = -5, max = 5 },
    T_footv = { default = -0.413289, min = -5, max = 5 },
    L_bias = { default = 0.126668, min = -5, max = 5 },
    L_z = { default = 1.46148, min = -5, max = 5 },
    L_pitch = { default = 0.731504, min = -5, max = 5 },
    L_vx = { default = -1.59931, min = -5, max = 5 },
    L_vz = { default = -0.00280782, min = -5, max = 5 },
    L_spin = { default = -0.877847, min = -5, max = 5 },
    L_thigh = { default = -1.69775, min = -5, max = 5 },
    L_leg = { default = 0.535517, min = -5, max = 5 },
    L_foot = { default = 1.19811, min = -5, max = 5 },
    L_thighv = { default = -0.824753, min = -5, max = 5 },
    L_legv = { default = -1.82538, min = -5, max = 5 },
    L_footv = { default = 1.3177, min = -5, max = 5 },
    F_bias = { default = 0.559275, min = -5, max = 5 },
    F_z = { default = 0.270276, min = -5, max = 5 },
    F_pitch = { default = -0.984683, min = -5, max = 5 },
    F_vx = { default = -1.67804, min = -5, max = 5 },
    F_vz = { default = -1.84016, min = -5, max = 5 },
    F_spin = { default = -0.302306, min = -5, max = 5 },
    F_thigh = { default = 1.48798, min = -5, max = 5 },
    F_leg = { default = -1.03608, min = -5, max = 5 },
    F_foot = { default = -0.900915, min = -5, max = 5 },
    F_thighv = { default = 1.71702, min = -5, max = 5 },
    F_legv = { default = 1.87235, min = -5, max = 5 },
    F_footv = { default = -0.819902, min = -5, max = 5 },
    T_bias_rising = { default = 0, min = -5, max = 5 },
    T_z_rising = { default = 0, min = -5, max = 5 },
    T_pitch_rising = { default = 0, min = -5, max = 5 },
    T_vx_rising = { default = 0, min = -5, max = 5 },
    T_vz_rising = { default = 0, min = -5, max = 5 },
    T_spin_rising = { default = 0, min = -5, max = 5 },
    T_thigh_rising = { default = 0, min = -5, max = 5 },
    T_leg_rising = { default = 0, min = -5, max = 5 },
    T_foot_rising = { default = 0, min = -5, max = 5 },
    T_thighv_rising = { default = 0, min = -5, max = 5 },
    T_legv_rising = { default = 0, min = -5, max = 5 },
    T_footv_rising = { default = 0, min = -5, max = 5 },
    L_bias_rising = { default = 0, min = -5, max = 5 },
    L_z_rising = { default = 0, min = -5, max = 5 },
    L_pitch_rising = { default = 0, min = -5, max = 5 },
    L_vx_rising = { default = 0, min = -5, max = 5 },
    L_vz_rising = { default = 0, min = -5, max = 5 },
    L_spin_rising = { default = 0, min = -5, max = 5 },
    L_thigh_rising = { default = 0, min = -5, max = 5 },
    L_leg_rising = { default = 0, min = -5, max = 5 },
    L_foot_rising = { default = 0, min = -5, max = 5 },
    L_thighv_rising = { default = 0, min = -5, max = 5 },
    L_legv_rising = { default = 0, min = -5, max = 5 },
    L_footv_rising = { default = 0, min = -5, max = 5 },
    F_bias_rising = { default = 0, min = -5, max = 5 },
    F_z_rising = { default = 0, min = -5, max = 5 },
    F_pitch_rising = { default = 0, min = -5, max = 5 },
    F_vx_rising = { default = 0, min = -5, max = 5 },
    F_vz_rising = { default = 0, min = -5, max = 5 },
    F_spin_rising = { default = 0, min = -5, max = 5 },
    F_thigh_rising = { default = 0, min = -5, max = 5 },
    F_leg_rising = { default = 0, min = -5, max = 5 },
    F_foot_rising = { default = 0, min = -5, max = 5 },
    F_thighv_rising = { default = 0, min = -5, max = 5 },
    F_legv_rising = { default = 0, min = -5, max = 5 },
    F_footv_rising = { default = 0, min = -5, max = 5 },
  },
  reset = reset,
  act = act,
}
