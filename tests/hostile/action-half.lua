-- 1.5 as an action => action: ^act returned 1\.5 for
local function act(obs)
  return 1.5
end
return { act = act }
