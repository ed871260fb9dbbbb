-- walk.lua - every torque is a line through a clock and the whole (scaled) state; both legs have the same weights,
-- but the left one's clock is half a beat behind: the clock starts the walk, the state keeps it up.
local p, weight, phase, dt

-- Clock, body, the joints of the own leg and their rates, and those of the other leg (o...).
local senses = { "sin", "cos", "bias", "z", "pitch", "vx", "vz", "spin", "thigh", "leg", "foot", "thighv", "legv", "footv", "othigh", "oleg", "ofoot", "othighv", "olegv", "ofootv" }
local motors = { "T", "L", "F" }

local function reset(info)
  p = info.params
  phase, dt = 0, info.frame_skip / info.fps
  weight = {}
  for i, motor in ipairs(motors) do
    weight[i] = {}
    for j, sense in ipairs(senses) do
      weight[i][j] = p[motor .. "_" .. sense]
    end
  end
end

local function act(obs)
  local q, w = obs.joints, obs.joint_velocities
  phase = phase + 2 * math.pi * p.frequency * dt
  local action = {}
  for leg = 0, 3, 3 do
    local beat, o = phase + math.pi * leg / 3, 3 - leg
    local x = {
      math.sin(beat), math.cos(beat), 1,
      (obs.z - 1.2) / 0.1, obs.pitch / 0.2, (obs.velocity_x - 2) / 2, obs.velocity_z, obs.pitch_velocity / 3,
      q[leg + 1] / 0.4, q[leg + 2] / 0.4, q[leg + 3] / 0.4, w[leg + 1] / 5, w[leg + 2] / 5, w[leg + 3] / 5,
      q[o + 1] / 0.4, q[o + 2] / 0.4, q[o + 3] / 0.4, w[o + 1] / 5, w[o + 2] / 5, w[o + 3] / 5,
    }
    for i = 1, 3 do
      local sum, row = 0, weight[i]
      for j = 1, #x do
        sum = sum + row[j] * x[j]
      end
      action[leg + i] = math.max(-1, math.min(1, sum))
    end
  end
  return action
end

return {
  params = {
    frequency = { default = 2.20269, min = 0.3, max = 5 }, -- Hz
    T_sin = { default = -0.333052, min = -4, max = 4 },
    T_cos = { default = 3.20659, min = -4, max = 4 },
    T_bias = { default = 2.70563, min = -4, max = 4 },
    T_z = { default = 0.400335, min = -4, max = 4 },
    T_pitch = { default = -0.564162, min = -4, max = 4 },
    T_vx = { default = 0.179639, min = -4, max = 4 },
    T_vz = { default = 0.58171, min = -4, max = 4 },
    T_spin = { default = 1.4876, min = -4, max = 4 },
    T_thigh = { default = -1.64782, min = -4, max = 4 },
    T_leg = { default = -0.00347399, min = -4, max = 4 },
    T_foot = { default = -0.144474, min = -4, max = 4 },
    T_thighv = { default = -2.7276, min = -4, max = 4 },
    T_legv = { default = -0.262135, min = -4, max = 4 },
    T_footv = { default = 0.571393, min = -4, max = 4 },
    T_othigh = { default = -0.095488, min = -4, max = 4 },
    T_oleg = { default = 1.09622, min = -4, max = 4 },
    T_ofoot = { default = 0.0819487, min = -4, max = 4 },
    T_othighv = { default = -0.717002, min = -4, max = 4 },
    T_olegv = { default = 0.194872, min = -4, max = 4 },
    T_ofootv = { default = -0.378663, min = -4, max = 4 },
    L_sin = { default = -0.905296, min = -4, max = 4 },
    L_cos = { default = -0.801808, min = -4, max = 4 },
    L_bias = { default = 2.80176, min = -4, max = 4 },
    L_z = { default = 0.355975, min = -4, max = 4 },
    L_pitch = { default = 2.24804, min = -4, max = 4 },
    L_vx = { default = 0.512848, min = -4, max = 4 },
    L_vz = { default = -0.139782, min = -4, max = 4 },
    L_spin = { default = -2.46649, min = -4, max = 4 },
    L_thigh = { default = 0.129872, min = -4, max = 4 },
    L_leg = { default = -3.90757, min = -4, max = 4 },
    L_foot = { default = 1.34076, min = -4, max = 4 },
    L_thighv = { default = -0.147655, min = -4, max = 4 },
    L_legv = { default = -0.944292, min = -4, max = 4 },
    L_footv = { default = 0.230327, min = -4, max = 4 },
    L_othigh = { default = 0.296566, min = -4, max = 4 },
    L_oleg = { default = -0.236644, min = -4, max = 4 },
    L_ofoot = { default = 1.23521, min = -4, max = 4 },
    L_othighv = { default = -0.0675725, min = -4, max = 4 },
    L_olegv = { default = 0.922372, min = -4, max = 4 },
    L_ofootv = { default = -0.852667, min = -4, max = 4 },
    F_sin = { default = -0.365093, min = -4, max = 4 },
    F_cos = { default = 2.99759, min = -4, max = 4 },
    F_bias = { default = 3.61807, min = -4, max = 4 },
    F_z = { default = 0.178415, min = -4, max = 4 },
    F_pitch = { default = -1.20382, min = -4, max = 4 },
    F_vx = { default = -0.584616, min = -4, max = 4 },
    F_vz = { default = -0.0391814, min = -4, max = 4 },
    F_spin = { default = -0.891806, min = -4, max = 4 },
    F_thigh = { default = 0.760476, min = -4, max = 4 },
    F_leg = { default = -0.252361, min = -4, max = 4 },
    F_foot = { default = -0.93126, min = -4, max = 4 },
    F_thighv = { default = 1.3824, min = -4, max = 4 },
    F_legv = { default = -0.864586, min = -4, max = 4 },
    F_footv = { default = -1.19619, min = -4, max = 4 },
    F_othigh = { default = -0.316637, min = -4, max = 4 },
    F_oleg = { default = -1.24566, min = -4, max = 4 },
    F_ofoot = { default = 0.208917, min = -4, max = 4 },
    F_othighv = { default = -0.032916, min = -4, max = 4 },
    F_olegv = { default = -0.221817, min = -4, max = 4 },
    F_ofootv = { default = -0.00624261, min = -4, max = 4 },
  },
  reset = reset,
  act = act,
}
