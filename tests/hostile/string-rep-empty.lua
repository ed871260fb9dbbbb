-- 10^12 times nothing => instructions: this call takes \d+
local function act(obs)
  return #(""):rep(1000000000000)
end
return { act = act }
