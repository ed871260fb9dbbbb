-- a state that is not a number => error: sim:set: angle is not a finite number [plan=true]
local function act(obs)
  obs.sim:set { position = 0, velocity = 0, angle = 0 / 0, angular_velocity = 0 }
  return 0
end
return { act = act }
