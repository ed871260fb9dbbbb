-- infinity for a torque => action: ^act returned inf for  [env=pendulum]
local function act(obs)
  return -1/0
end
return { act = act }
