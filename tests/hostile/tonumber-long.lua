-- numbers of a megabyte => instructions: act used up its 200000 instructions
local s = ("1"):rep(1000000)
local function act(obs)
  while true do tonumber(s) end
end
return { act = act }
