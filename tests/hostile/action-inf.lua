-- infinity as an action => action: ^act returned inf for
local function act(obs)
  return 1/0
end
return { act = act }
