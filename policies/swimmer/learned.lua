-- linear.lua - each joint's torque is a line through the whole state, cut off by its limits: a limit cycle of it
-- is the stroke.
-- Tuned weights of: 1, heading, speeds along x and y, heading's rate, joints front and back, their rates.
local rows = {
  { 1.2235, 2.623, -0.67677, 2.3659, -0.26708, 0.81805, -4.3761, 1.348, -1.4908 },
  { -0.70892, -0.67325, -0.38587, -1.5235, -3.8035, 3.3668, -2.3082, 0.74147, -0.21937 },
}

local function act(obs)
  local q, w = obs.joints, obs.joint_velocities
  local x = { 1, obs.heading, obs.velocity_x, obs.velocity_y, obs.heading_velocity, q[1], q[2], w[1], w[2] }
  local action = { 0, 0 }
  for i, row in ipairs(rows) do
    for j, weight in ipairs(row) do
      action[i] = action[i] + weight * x[j]
    end
  end
  return action
end

return { act = act }
