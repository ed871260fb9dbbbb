-- == on two equal strings of a megabyte => instructions: ^compare-equal\.lua:4: act used up its 200000 instructions: this call takes 31250
local a, b = ("a"):rep(1000000), ("a"):rep(1000000)
local function act(obs)
  while true do local x = a == b end
end
return { act = act }
