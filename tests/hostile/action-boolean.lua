-- true as an action => action: ^act returned a boolean where
local function act(obs)
  return true
end
return { act = act }
