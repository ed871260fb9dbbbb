-- string.upper of a megabyte => instructions: act used up its 200000 instructions
local s = ("k"):rep(1000000)
local function act(obs)
  while true do s:upper() end
end
return { act = act }
