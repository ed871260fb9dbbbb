-- start_gait.lua - a trot: a leg's torques are linear in a clock and what it feels, the same on both
-- sides, mirrored; diagonal legs in step: a start for search.
local SENSES = { "sin", "cos", "sin2", "cos2", "hip", "ankle", "hip_rate", "ankle_rate", "yaw", "roll", "pitch", "side_speed", "speed", "rise", "yaw_rate", "roll_rate", "pitch_rate", "height", "one" }
local ROWS = { "front_hip", "front_ankle", "back_hip", "back_ankle" }
-- Legs in the joints' order; where each one's hip stands among the actions.
local LEGS = {
  { side = 1, bend = 1, beat = 0, row = 1, at = 3 },  -- front left
  { side = 1, bend = -1, beat = 1, row = 3, at = 5 }, -- back left
  { side = -1, bend = -1, beat = 0, row = 3, at = 7 }, -- back right
  { side = -1, bend = 1, beat = 1, row = 1, at = 1 }, -- front right
}
local weight, turn, step

local function reset(info)
  weight = {}
  for r, row in ipairs(ROWS) do
    weight[r] = {}
    for i, sense in ipairs(SENSES) do weight[r][i] = info.params[row .. "_" .. sense] end
  end
  turn = 2 * math.pi * info.params.frequency * info.frame_skip / info.fps
  step = 0
end

local function dot(row, x)
  local sum = 0
  for i = 1, #x do sum = sum + row[i] * x[i] end
  return math.max(-1, math.min(1, sum))
end

local x = {}
local function act(obs)
  local o, q, w, v, u = obs.orientation, obs.joints, obs.joint_velocities, obs.velocity, obs.angular_velocity
  local yaw = math.atan(2 * (o[1] * o[4] + o[2] * o[3]), 1 - 2 * (o[3] * o[3] + o[4] * o[4]))
  local roll = math.atan(2 * (o[1] * o[2] + o[3] * o[4]), 1 - 2 * (o[2] * o[2] + o[3] * o[3]))
  local pitch = math.asin(math.max(-1, math.min(1, 2 * (o[1] * o[3] - o[4] * o[2]))))
  local action = {}
  for i, leg in ipairs(LEGS) do
    local s, b, phase = leg.side, leg.bend, turn * step + math.pi * leg.beat
    x[1], x[2], x[3], x[4] = math.sin(phase), math.cos(phase), math.sin(2 * phase), math.cos(2 * phase)
    x[5], x[6], x[7], x[8] = s * q[2 * i - 1], b * q[2 * i], s * w[2 * i - 1] / 8, b * w[2 * i] / 8
    x[9], x[10], x[11] = s * yaw, s * roll, pitch
    x[12], x[13], x[14] = s * v[2], v[1] / 3, v[3]
    x[15], x[16], x[17] = s * u[3] / 2, s * u[1] / 2, u[2] / 2
    x[18], x[19] = obs.z - 0.5, 1
    action[leg.at] = s * dot(weight[leg.row], x)
    action[leg.at + 1] = b * dot(weight[leg.row + 1], x)
  end
  step = step + 1
  return action
end

return {
  params = {
    frequency = { default = 2.5, min = 0.5, max = 6 }, -- Hz
    front_hip_sin = { default = 0.3, min = -2, max = 2 },
    front_hip_cos = { default = 0, min = -2, max = 2 },
    front_hip_sin2 = { default = 0, min = -2, max = 2 },
    front_hip_cos2 = { default = 0, min = -2, max = 2 },
    front_hip_hip = { default = 0, min = -2, max = 2 },
    front_hip_ankle = { default = 0, min = -2, max = 2 },
    front_hip_hip_rate = { default = 0, min = -2, max = 2 },
    front_hip_ankle_rate = { default = 0, min = -2, max = 2 },
    front_hip_yaw = { default = 0, min = -2, max = 2 },
    front_hip_roll = { default = 0, min = -2, max = 2 },
    front_hip_pitch = { default = 0, min = -2, max = 2 },
    front_hip_side_speed = { default = 0, min = -2, max = 2 },
    front_hip_speed = { default = 0, min = -2, max = 2 },
    front_hip_rise = { default = 0, min = -2, max = 2 },
    front_hip_yaw_rate = { default = 0, min = -2, max = 2 },
    front_hip_roll_rate = { default = 0, min = -2, max = 2 },
    front_hip_pitch_rate = { default = 0, min = -2, max = 2 },
    front_hip_height = { default = 0, min = -2, max = 2 },
    front_hip_one = { default = 0, min = -2, max = 2 },
    front_ankle_sin = { default = 0, min = -2, max = 2 },
    front_ankle_cos = { default = 0.2, min = -2, max = 2 },
    front_ankle_sin2 = { default = 0, min = -2, max = 2 },
    front_ankle_cos2 = { default = 0, min = -2, max = 2 },
    front_ankle_hip = { default = 0, min = -2, max = 2 },
    front_ankle_ankle = { default = 0, min = -2, max = 2 },
    front_ankle_hip_rate = { default = 0, min = -2, max = 2 },
    front_ankle_ankle_rate = { default = 0, min = -2, max = 2 },
    front_ankle_yaw = { default = 0, min = -2, max = 2 },
    front_ankle_roll = { default = 0, min = -2, max = 2 },
    front_ankle_pitch = { default = 0, min = -2, max = 2 },
    front_ankle_side_speed = { default = 0, min = -2, max = 2 },
    front_ankle_speed = { default = 0, min = -2, max = 2 },
    front_ankle_rise = { default = 0, min = -2, max = 2 },
    front_ankle_yaw_rate = { default = 0, min = -2, max = 2 },
    front_ankle_roll_rate = { default = 0, min = -2, max = 2 },
    front_ankle_pitch_rate = { default = 0, min = -2, max = 2 },
    front_ankle_height = { default = 0, min = -2, max = 2 },
    front_ankle_one = { default = 0, min = -2, max = 2 },
    back_hip_sin = { default = 0.3, min = -2, max = 2 },
    back_hip_cos = { default = 0, min = -2, max = 2 },
    back_hip_sin2 = { default = 0, min = -2, max = 2 },
    back_hip_cos2 = { default = 0, min = -2, max = 2 },
    back_hip_hip = { default = 0, min = -2, max = 2 },
    back_hip_ankle = { default = 0, min = -2, max = 2 },
    back_hip_hip_rate = { default = 0, min = -2, max = 2 },
    back_hip_ankle_rate = { default = 0, min = -2, max = 2 },
    back_hip_yaw = { default = 0, min = -2, max = 2 },
    back_hip_roll = { default = 0, min = -2, max = 2 },
    back_hip_pitch = { default = 0, min = -2, max = 2 },
    back_hip_side_speed = { default = 0, min = -2, max = 2 },
    back_hip_speed = { default = 0, min = -2, max = 2 },
    back_hip_rise = { default = 0, min = -2, max = 2 },
    back_hip_yaw_rate = { default = 0, min = -2, max = 2 },
    back_hip_roll_rate = { default = 0, min = -2, max = 2 },
    back_hip_pitch_rate = { default = 0, min = -2, max = 2 },
    back_hip_height = { default = 0, min = -2, max = 2 },
    back_hip_one = { default = 0, min = -2, max = 2 },
    back_ankle_sin = { default = 0, min = -2, max = 2 },
    back_ankle_cos = { default = 0.2, min = -2, max = 2 },
    back_ankle_sin2 = { default = 0, min = -2, max = 2 },
    back_ankle_cos2 = { default = 0, min = -2, max = 2 },
    back_ankle_hip = { default = 0, min = -2, max = 2 },
    back_ankle_ankle = { default = 0, min = -2, max = 2 },
    back_ankle_hip_rate = { default = 0, min = -2, max = 2 },
    back_ankle_ankle_rate = { default = 0, min = -2, max = 2 },
    back_ankle_yaw = { default = 0, min = -2, max = 2 },
    back_ankle_roll = { default = 0, min = -2, max = 2 },
    back_ankle_pitch = { default = 0, min = -2, max = 2 },
    back_ankle_side_speed = { default = 0, min = -2, max = 2 },
    back_ankle_speed = { default = 0, min = -2, max = 2 },
    back_ankle_rise = { default = 0, min = -2, max = 2 },
    back_ankle_yaw_rate = { default = 0, min = -2, max = 2 },
    back_ankle_roll_rate = { default = 0, min = -2, max = 2 },
    back_ankle_pitch_rate = { default = 0, min = -2, max = 2 },
    back_ankle_height = { default = 0, min = -2, max = 2 },
    back_ankle_one = { default = 0, min = -2, max = 2 },
  },
  reset = reset,
  act = act,
}
