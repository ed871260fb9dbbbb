-- 10^300 as an action => action: ^act returned 1(\.0*\d*)?e\+300 for
local function act(obs)
  return 1e300
end
return { act = act }
