-- string.format of long strings => instructions: act used up its 200000 instructions
local s = ("a"):rep(100000)
local function act(obs)
  while true do local x = ("%s%s"):format(s, s) end
end
return { act = act }
