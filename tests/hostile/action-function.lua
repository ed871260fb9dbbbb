-- a function as an action => action: ^act returned a function where
local function act(obs)
  return act
end
return { act = act }
