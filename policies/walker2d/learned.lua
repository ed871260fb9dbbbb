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
    frequency = { default = 2.31677, min = 0.3, max = 5 }, -- Hz
    T_sin = { default = -0.271034, min = -4, max = 4 },
    T_cos = { default = 2.92583, min = -4, max = 4 },
    T_bias = { default = 2.78072, min = -4, max = 4 },
    T_z = { default = 0.801657, min = -4, max = 4 },
    T_pitch = { default = -0.609969, min = -4, max = 4 },
    T_vx = { default = 0.100429, min = -4, max = 4 },
    T_vz = { default = 0.244856, min = -4, max = 4 },
    T_spin = { default = 1.29727, min = -4, max = 4 },
    T_thigh = { default = -1.96178, min = -4, max = 4 },
    T_leg = { default = 0.188175, min = -4, max = 4 },
    T_foot = { default = 0.00466098, min = -4, max = 4 },
    T_thighv = { default = -2.85427, min = -4, max = 4 },
    T_legv = { default = -0.116734, min = -4, max = 4 },
    T_footv = { default = 0.284463, min = -4, max = 4 },
    T_othigh = { default = -0.0190634, min = -4, max = 4 },
    T_oleg = { default = -0.138958, min = -4, max = 4 },
    T_ofoot = { default = 0.183957, min = -4, max = 4 },
    T_othighv = { default = 0.0159344, min = -4, max = 4 },
    T_olegv = { default = -0.331556, min = -4, max = 4 },
    T_ofootv = { default = -0.170256, min = -4, max = 4 },
    L_sin = { default = -1.43559, min = -4, max = 4 },
    L_cos = { default = -0.610945, min = -4, max = 4 },
    L_bias = { default = 3.00903, min = -4, max = 4 },
    L_z = { default = 0.0268888, min = -4, max = 4 },
    L_pitch = { default = 2.09628, min = -4, max = 4 },
    L_vx = { default = 0.195798, min = -4, max = 4 },
    L_vz = { default = -0.0384482, min = -4, max = 4 },
    L_spin = { default = -1.98598, min = -4, max = 4 },
    L_thigh = { default = 0.304913, min = -4, max = 4 },
    L_leg = { default = -3.46101, min = -4, max = 4 },
    L_foot = { default = 0.159679, min = -4, max = 4 },
    L_thighv = { default = 0.107692, min = -4, max = 4 },
    L_legv = { default = -1.26877, min = -4, max = 4 },
    L_footv = { default = 0.0520016, min = -4, max = 4 },
    L_othigh = { default = 0.219617, min = -4, max = 4 },
    L_oleg = { default = -0.101776, min = -4, max = 4 },
    L_ofoot = { default = 0.173843, min = -4, max = 4 },
    L_othighv = { default = -0.129861, min = -4, max = 4 },
    L_olegv = { default = 0.117213, min = -4, max = 4 },
    L_ofootv = { default = -0.642023, min = -4, max = 4 },
    F_sin = { default = -0.0836355, min = -4, max = 4 },
    F_cos = { default = 3.49491, min = -4, max = 4 },
    F_bias = { default = 3.90402, min = -4, max = 4 },
    F_z = { default = 0.0544857, min = -4, max = 4 },
    F_pitch = { default = -1.27021, min = -4, max = 4 },
    F_vx = { default = -0.624134, min = -4, max = 4 },
    F_vz = { default = -0.195518, min = -4, max = 4 },
    F_spin = { default = -0.542086, min = -4, max = 4 },
    F_thigh = { default = 0.3352, min = -4, max = 4 },
    F_leg = { default = -0.350739, min = -4, max = 4 },
    F_foot = { default = -1.77939, min = -4, max = 4 },
    F_thighv = { default = 0.763516, min = -4, max = 4 },
    F_legv = { default = -0.0251466, min = -4, max = 4 },
    F_footv = { default = -1.1428, min = -4, max = 4 },
    F_othigh = { default = -0.148666, min = -4, max = 4 },
    F_oleg = { default = -0.511906, min = -4, max = 4 },
    F_ofoot = { default = 0.570414, min = -4, max = 4 },
    F_othighv = { default = -0.0166411, min = -4, max = 4 },
    F_olegv = { default = 0.411788, min = -4, max = 4 },
    F_ofootv = { default = 0.193907, min = -4, max = 4 },
  },
  reset = reset,
  act = act,
}
