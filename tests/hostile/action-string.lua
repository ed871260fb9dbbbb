-- "1" as an action => action: ^act returned a string where a number
local function act(obs)
  return "1"
end
return { act = act }
