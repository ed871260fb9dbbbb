-- a list that is too short => action: ^act returned a list of 0 numbers; this environment takes 1 [env=pendulum]
local function act(obs)
  return {}
end
return { act = act }
