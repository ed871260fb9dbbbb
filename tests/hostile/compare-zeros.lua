-- < on a megabyte of NULs => instructions: act used up its 200000 instructions
local a, b = ("\0"):rep(1000000), ("\0"):rep(1000000)
local function act(obs)
  while true do local x = a < b end
end
return { act = act }
