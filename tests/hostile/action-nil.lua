-- nil as an action => action: ^act returned a nil where a number
local function act(obs)
  return nil
end
return { act = act }
