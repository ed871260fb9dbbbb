-- a big integer as an action => action: ^act returned 9\.?\d*e\+18 for
local function act(obs)
  return math.maxinteger
end
return { act = act }
