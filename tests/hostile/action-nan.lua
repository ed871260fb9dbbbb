-- NaN as an action => action: ^act returned -?nan for push, which takes whole numbers from 0 to 1
local function act(obs)
  return 0/0
end
return { act = act }
