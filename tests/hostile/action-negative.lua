-- -1 as an action => action: ^act returned -1 for
local function act(obs)
  return -1
end
return { act = act }
