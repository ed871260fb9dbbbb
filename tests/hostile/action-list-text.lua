-- text in a list of actions => action: ^act returned a string where a number [env=pendulum]
local function act(obs)
  return { "1" }
end
return { act = act }
