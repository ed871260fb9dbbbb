local name = "speed"
local function act(obs)
  if obs.angle + 0.5 * obs.angular_velocity > 0 then
    return 1
  end
  return 0
end

return { act = act }
