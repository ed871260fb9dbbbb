-- a table as an action => action: ^act returned a table where a number
local function act(obs)
  return {}
end
return { act = act }
