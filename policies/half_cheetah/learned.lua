-- gallop.lua - every torque is a line through a clock and the whole (scaled) state: the clock starts the gallop, the state keeps it.
local weight, p, phase, dt

-- Senses are scaled to about one; the weights are tuned.
local senses = { "sin", "cos", "twice", "bias", "z", "pitch", "vx", "vz", "spin", "bt", "bs", "bf", "ft", "fs", "ff", "btv", "bsv", "bfv", "ftv", "fsv", "ffv" }
local motors = { "BT", "BS", "BF", "FT", "FS", "FF" }

local function reset(info)
  p = info.params
  weight = {}
  for i, motor in ipairs(motors) do
    weight[i] = {}
    for j, sense in ipairs(senses) do
      weight[i][j] = p[motor .. "_" .. sense]
    end
  end
  phase, dt = 0, info.frame_skip / info.fps
end

local function act(obs)
  local q, w = obs.joints, obs.joint_velocities
  local x = {
    math.sin(phase),
    math.cos(phase),
    math.cos(2 * phase),
    1,
    obs.z / 0.1,
    obs.pitch / 0.3,
    (obs.velocity_x - 4) / 4,
    obs.velocity_z,
    obs.pitch_velocity / 2,
    q[1] / 0.5,
    q[2] / 0.5,
    q[3] / 0.5,
    q[4] / 0.5,
    q[5] / 0.5,
    q[6] / 0.5,
    w[1] / 8,
    w[2] / 8,
    w[3] / 8,
    w[4] / 8,
    w[5] / 8,
    w[6] / 8,
  }
  phase = phase + 2 * math.pi * p.frequency * dt
  local action = {}
  for i = 1, #motors do
    local sum, row = 0, weight[i]
    for j = 1, #x do
      sum = sum + row[j] * x[j]
    end
    action[i] = math.max(-1, math.min(1, sum))
  end
  return action
end

return {
  params = {
    frequency = { default = 5, min = 0.5, max = 6 }, -- Hz
    BT_sin = { default = 1.39599, min = -4, max = 4 },
    BT_cos = { default = -2.09912, min = -4, max = 4 },
    BT_twice = { default = 0.188098, min = -4, max = 4 },
    BT_bias = { default = 0.0921873, min = -4, max = 4 },
    BT_z = { default = 0.116805, min = -4, max = 4 },
    BT_pitch = { default = -0.192166, min = -4, max = 4 },
    BT_vx = { default = -0.0546256, min = -4, max = 4 },
    BT_vz = { default = -0.350474, min = -4, max = 4 },
    BT_spin = { default = -0.283639, min = -4, max = 4 },
    BT_bt = { default = -0.599904, min = -4, max = 4 },
    BT_bs = { default = 0.158478, min = -4, max = 4 },
    BT_bf = { default = -0.185774, min = -4, max = 4 },
    BT_ft = { default = 0.315343, min = -4, max = 4 },
    BT_fs = { default = 0.132627, min = -4, max = 4 },
    BT_ff = { default = -0.0206228, min = -4, max = 4 },
    BT_btv = { default = 0.202896, min = -4, max = 4 },
    BT_bsv = { default = -0.303745, min = -4, max = 4 },
    BT_bfv = { default = 0.385584, min = -4, max = 4 },
    BT_ftv = { default = 0.0634066, min = -4, max = 4 },
    BT_fsv = { default = -0.196509, min = -4, max = 4 },
    BT_ffv = { default = -0.111172, min = -4, max = 4 },
    BS_sin = { default = 1.28214, min = -4, max = 4 },
    BS_cos = { default = 1.99193, min = -4, max = 4 },
    BS_twice = { default = -0.0737626, min = -4, max = 4 },
    BS_bias = { default = -0.662378, min = -4, max = 4 },
    BS_z = { default = -0.603603, min = -4, max = 4 },
    BS_pitch = { default = 0.425744, min = -4, max = 4 },
    BS_vx = { default = -0.0784838, min = -4, max = 4 },
    BS_vz = { default = 0.334027, min = -4, max = 4 },
    BS_spin = { default = -0.48479, min = -4, max = 4 },
    BS_bt = { default = -0.0153962, min = -4, max = 4 },
    BS_bs = { default = 0.203696, min = -4, max = 4 },
    BS_bf = { default = -0.319352, min = -4, max = 4 },
    BS_ft = { default = 0.218087, min = -4, max = 4 },
    BS_fs = { default = 0.0429202, min = -4, max = 4 },
    BS_ff = { default = -0.222536, min = -4, max = 4 },
    BS_btv = { default = -0.413869, min = -4, max = 4 },
    BS_bsv = { default = 1.15322, min = -4, max = 4 },
    BS_bfv = { default = -0.379068, min = -4, max = 4 },
    BS_ftv = { default = 0.167677, min = -4, max = 4 },
    BS_fsv = { default = -0.0415797, min = -4, max = 4 },
    BS_ffv = { default = -0.128682, min = -4, max = 4 },
    BF_sin = { default = 0.335475, min = -4, max = 4 },
    BF_cos = { default = 0.362208, min = -4, max = 4 },
    BF_twice = { default = 0.0666393, min = -4, max = 4 },
    BF_bias = { default = -2.52776, min = -4, max = 4 },
    BF_z = { default = -0.233236, min = -4, max = 4 },
    BF_pitch = { default = -0.482435, min = -4, max = 4 },
    BF_vx = { default = 0.949695, min = -4, max = 4 },
    BF_vz = { default = 0.180872, min = -4, max = 4 },
    BF_spin = { default = 0.309856, min = -4, max = 4 },
    BF_bt = { default = 0.164391, min = -4, max = 4 },
    BF_bs = { default = -0.111553, min = -4, max = 4 },
    BF_bf = { default = 1.38466, min = -4, max = 4 },
    BF_ft = { default = -0.0970387, min = -4, max = 4 },
    BF_fs = { default = -0.0791371, min = -4, max = 4 },
    BF_ff = { default = -0.364755, min = -4, max = 4 },
    BF_btv = { default = 0.280933, min = -4, max = 4 },
    BF_bsv = { default = -0.197573, min = -4, max = 4 },
    BF_bfv = { default = -0.329584, min = -4, max = 4 },
    BF_ftv = { default = 0.196456, min = -4, max = 4 },
    BF_fsv = { default = -0.0382414, min = -4, max = 4 },
    BF_ffv = { default = -0.0228708, min = -4, max = 4 },
    FT_sin = { default = 0.691421, min = -4, max = 4 },
    FT_cos = { default = -0.313778, min = -4, max = 4 },
    FT_twice = { default = 0.277889, min = -4, max = 4 },
    FT_bias = { default = -3.63856, min = -4, max = 4 },
    FT_z = { default = -0.357994, min = -4, max = 4 },
    FT_pitch = { default = 2.44271, min = -4, max = 4 },
    FT_vx = { default = 0.238029, min = -4, max = 4 },
    FT_vz = { default = -0.500029, min = -4, max = 4 },
    FT_spin = { default = 0.594995, min = -4, max = 4 },
    FT_bt = { default = 0.0275862, min = -4, max = 4 },
    FT_bs = { default = -0.253081, min = -4, max = 4 },
    FT_bf = { default = -0.103356, min = -4, max = 4 },
    FT_ft = { default = -0.877918, min = -4, max = 4 },
    FT_fs = { default = -0.267321, min = -4, max = 4 },
    FT_ff = { default = -0.0282641, min = -4, max = 4 },
    FT_btv = { default = -0.215219, min = -4, max = 4 },
    FT_bsv = { default = 0.179498, min = -4, max = 4 },
    FT_bfv = { default = -0.0747562, min = -4, max = 4 },
    FT_ftv = { default = -0.0511299, min = -4, max = 4 },
    FT_fsv = { default = -0.016823, min = -4, max = 4 },
    FT_ffv = { default = -0.151893, min = -4, max = 4 },
    FS_sin = { default = -0.145537, min = -4, max = 4 },
    FS_cos = { default = 1.15412, min = -4, max = 4 },
    FS_twice = { default = -0.423372, min = -4, max = 4 },
    FS_bias = { default = 0.107858, min = -4, max = 4 },
    FS_z = { default = 0.00826857, min = -4, max = 4 },
    FS_pitch = { default = 0.233428, min = -4, max = 4 },
    FS_vx = { default = -0.443939, min = -4, max = 4 },
    FS_vz = { default = -0.0417956, min = -4, max = 4 },
    FS_spin = { default = 0.76043, min = -4, max = 4 },
    FS_bt = { default = 0.333896, min = -4, max = 4 },
    FS_bs = { default = -0.277715, min = -4, max = 4 },
    FS_bf = { default = 0.121527, min = -4, max = 4 },
    FS_ft = { default = -0.459872, min = -4, max = 4 },
    FS_fs = { default = -0.213149, min = -4, max = 4 },
    FS_ff = { default = 0.0231646, min = -4, max = 4 },
    FS_btv = { default = 0.115349, min = -4, max = 4 },
    FS_bsv = { default = 0.080525, min = -4, max = 4 },
    FS_bfv = { default = 0.0515618, min = -4, max = 4 },
    FS_ftv = { default = 0.181628, min = -4, max = 4 },
    FS_fsv = { default = -0.438841, min = -4, max = 4 },
    FS_ffv = { default = 0.0275835, min = -4, max = 4 },
    FF_sin = { default = 0.763234, min = -4, max = 4 },
    FF_cos = { default = -0.971844, min = -4, max = 4 },
    FF_twice = { default = 0.0388872, min = -4, max = 4 },
    FF_bias = { default = 0.188552, min = -4, max = 4 },
    FF_z = { default = 0.842803, min = -4, max = 4 },
    FF_pitch = { default = 0.574503, min = -4, max = 4 },
    FF_vx = { default = -0.0497124, min = -4, max = 4 },
    FF_vz = { default = -0.880854, min = -4, max = 4 },
    FF_spin = { default = 0.0983737, min = -4, max = 4 },
    FF_bt = { default = 0.105854, min = -4, max = 4 },
    FF_bs = { default = -0.0972057, min = -4, max = 4 },
    FF_bf = { default = -0.0014626, min = -4, max = 4 },
    FF_ft = { default = 0.162409, min = -4, max = 4 },
    FF_fs = { default = 0.111829, min = -4, max = 4 },
    FF_ff = { default = -0.617555, min = -4, max = 4 },
    FF_btv = { default = -0.137021, min = -4, max = 4 },
    FF_bsv = { default = -0.24788, min = -4, max = 4 },
    FF_bfv = { default = 0.0683399, min = -4, max = 4 },
    FF_ftv = { default = -0.163965, min = -4, max = 4 },
    FF_fsv = { default = -0.115552, min = -4, max = 4 },
    FF_ffv = { default = -0.758305, min = -4, max = 4 },
  },
  reset = reset,
  act = act,
}
