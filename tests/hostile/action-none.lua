-- no action => action: ^act returned 0 values; one is expected
local function act(obs)
  return
end
return { act = act }
