-- arithmetic on numbers of a megabyte => instructions: coercion-long\.lua:4: act used up its 200000 instructions: this call takes \d+
local s = ("1"):rep(500000)
local function act(obs)
  while true do local x = s + 1 end
end
return { act = act }
