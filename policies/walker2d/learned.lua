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
    frequency = { default = 2.24795, min = 0.3, max = 5 }, -- Hz
    T_sin = { default = -0.670928, min = -4, max = 4 },
    T_cos = { default = 3.91037, min = -4, max = 4 },
    T_bias = { default = 2.30056, min = -4, max = 4 },
    T_z = { default = 0.788866, min = -4, max = 4 },
    T_pitch = { default = 0.0847709, min = -4, max = 4 },
    T_vx = { default = -0.19427, min = -4, max = 4 },
    T_vz = { default = 0.163037, min = -4, max = 4 },
    T_spin = { default = 0.892745, min = -4, max = 4 },
    T_thigh = { default = -1.6856, min = -4, max = 4 },
    T_leg = { default = 0.445351, min = -4, max = 4 },
    T_foot = { default = -0.265626, min = -4, max = 4 },
    T_thighv = { default = -2.57042, min = -4, max = 4 },
    T_legv = { default = -0.00542123, min = -4, max = 4 },
    T_footv = { default = 0.0609733, min = -4, max = 4 },
    T_othigh = { default = -0.345294, min = -4, max = 4 },
    T_oleg = { default = 1.00291, min = -4, max = 4 },
    T_ofoot = { default = 0.424564, min = -4, max = 4 },
    T_othighv = { default = -0.889554, min = -4, max = 4 },
    T_olegv = { default = 0.151196, min = -4, max = 4 },
    T_ofootv = { default = -1.01253, min = -4, max = 4 },
    L_sin = { default = -1.02772, min = -4, max = 4 },
    L_cos = { default = -0.218155, min = -4, max = 4 },
    L_bias = { default = 2.76764, min = -4, max = 4 },
    L_z = { default = -0.12656, min = -4, max = 4 },
    L_pitch = { default = 2.68845, min = -4, max = 4 },
    L_vx = { default = 1.00935, min = -4, max = 4 },
    L_vz = { default = -0.439557, min = -4, max = 4 },
    L_spin = { default = -2.34142, min = -4, max = 4 },
    L_thigh = { default = -0.183991, min = -4, max = 4 },
    L_leg = { default = -3.32715, min = -4, max = 4 },
    L_foot = { default = 0.726492, min = -4, max = 4 },
    L_thighv = { default = -0.947302, min = -4, max = 4 },
    L_legv = { default = -1.04861, min = -4, max = 4 },
    L_footv = { default = 0.447539, min = -4, max = 4 },
    L_othigh = { default = -0.00127289, min = -4, max = 4 },
    L_oleg = { default = -1.32812, min = -4, max = 4 },
    L_ofoot = { default = 1.12953, min = -4, max = 4 },
    L_othighv = { default = 0.204636, min = -4, max = 4 },
    L_olegv = { default = 1.55555, min = -4, max = 4 },
    L_ofootv = { default = -1.52524, min = -4, max = 4 },
    F_sin = { default = 0.092129, min = -4, max = 4 },
    F_cos = { default = 3.16076, min = -4, max = 4 },
    F_bias = { default = 3.84561, min = -4, max = 4 },
    F_z = { default = 0.310691, min = -4, max = 4 },
    F_pitch = { default = -1.11286, min = -4, max = 4 },
    F_vx = { default = -1.05001, min = -4, max = 4 },
    F_vz = { default = 0.507142, min = -4, max = 4 },
    F_spin = { default = -0.195001, min = -4, max = 4 },
    F_thigh = { default = 0.416858, min = -4, max = 4 },
    F_leg = { default = -0.887882, min = -4, max = 4 },
    F_foot = { default = -1.32726, min = -4, max = 4 },
    F_thighv = { default = 0.971431, min = -4, max = 4 },
    F_legv = { default = -0.651698, min = -4, max = 4 },
    F_footv = { default = -0.741836, min = -4, max = 4 },
    F_othigh = { default = -0.651759, min = -4, max = 4 },
    F_oleg = { default = -1.61288, min = -4, max = 4 },
    F_ofoot = { default = 0.789764, min = -4, max = 4 },
    F_othighv = { default = -0.41874, min = -4, max = 4 },
    F_olegv = { default = -0.561429, min = -4, max = 4 },
    F_ofootv = { default = -0.0548814, min = -4, max = 4 },
  },
  reset = reset,
  act = act,
}
