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
    frequency = { default = 2.18192, min = 0.3, max = 5 }, -- Hz
    T_sin = { default = -0.417746, min = -4, max = 4 },
    T_cos = { default = 3.81756, min = -4, max = 4 },
    T_bias = { default = 2.11971, min = -4, max = 4 },
    T_z = { default = 0.9295, min = -4, max = 4 },
    T_pitch = { default = -0.00193959, min = -4, max = 4 },
    T_vx = { default = -0.332756, min = -4, max = 4 },
    T_vz = { default = -0.0322082, min = -4, max = 4 },
    T_spin = { default = 1.32989, min = -4, max = 4 },
    T_thigh = { default = -1.8739, min = -4, max = 4 },
    T_leg = { default = 0.269035, min = -4, max = 4 },
    T_foot = { default = -0.259986, min = -4, max = 4 },
    T_thighv = { default = -2.66417, min = -4, max = 4 },
    T_legv = { default = -0.0713974, min = -4, max = 4 },
    T_footv = { default = 0.0526065, min = -4, max = 4 },
    T_othigh = { default = -0.330495, min = -4, max = 4 },
    T_oleg = { default = 0.884774, min = -4, max = 4 },
    T_ofoot = { default = 0.285692, min = -4, max = 4 },
    T_othighv = { default = -1.26244, min = -4, max = 4 },
    T_olegv = { default = 0.0644942, min = -4, max = 4 },
    T_ofootv = { default = -0.807497, min = -4, max = 4 },
    L_sin = { default = -1.0469, min = -4, max = 4 },
    L_cos = { default = -0.615268, min = -4, max = 4 },
    L_bias = { default = 2.76037, min = -4, max = 4 },
    L_z = { default = -0.0373767, min = -4, max = 4 },
    L_pitch = { default = 2.56153, min = -4, max = 4 },
    L_vx = { default = 0.712528, min = -4, max = 4 },
    L_vz = { default = -0.22769, min = -4, max = 4 },
    L_spin = { default = -2.41356, min = -4, max = 4 },
    L_thigh = { default = 0.00570147, min = -4, max = 4 },
    L_leg = { default = -3.49651, min = -4, max = 4 },
    L_foot = { default = 0.831664, min = -4, max = 4 },
    L_thighv = { default = -0.606328, min = -4, max = 4 },
    L_legv = { default = -0.970562, min = -4, max = 4 },
    L_footv = { default = 0.341285, min = -4, max = 4 },
    L_othigh = { default = -0.124984, min = -4, max = 4 },
    L_oleg = { default = -1.15425, min = -4, max = 4 },
    L_ofoot = { default = 1.07402, min = -4, max = 4 },
    L_othighv = { default = 0.146645, min = -4, max = 4 },
    L_olegv = { default = 1.05451, min = -4, max = 4 },
    L_ofootv = { default = -1.32105, min = -4, max = 4 },
    F_sin = { default = -0.0116773, min = -4, max = 4 },
    F_cos = { default = 3.03467, min = -4, max = 4 },
    F_bias = { default = 3.87827, min = -4, max = 4 },
    F_z = { default = 0.162068, min = -4, max = 4 },
    F_pitch = { default = -1.25361, min = -4, max = 4 },
    F_vx = { default = -0.800968, min = -4, max = 4 },
    F_vz = { default = 0.300422, min = -4, max = 4 },
    F_spin = { default = -0.339338, min = -4, max = 4 },
    F_thigh = { default = 0.676566, min = -4, max = 4 },
    F_leg = { default = -0.33659, min = -4, max = 4 },
    F_foot = { default = -1.29982, min = -4, max = 4 },
    F_thighv = { default = 1.22976, min = -4, max = 4 },
    F_legv = { default = -0.756612, min = -4, max = 4 },
    F_footv = { default = -0.851765, min = -4, max = 4 },
    F_othigh = { default = -0.486301, min = -4, max = 4 },
    F_oleg = { default = -1.88983, min = -4, max = 4 },
    F_ofoot = { default = 0.606149, min = -4, max = 4 },
    F_othighv = { default = -0.256978, min = -4, max = 4 },
    F_olegv = { default = -0.514889, min = -4, max = 4 },
    F_ofootv = { default = 0.0427585, min = -4, max = 4 },
  },
  reset = reset,
  act = act,
}
