-- < on two equal strings of a megabyte => instructions: this call takes 125002
local a, b = ("a"):rep(1000000), ("a"):rep(1000000)
local function act(obs)
  while true do local x = a < b end
end
return { act = act }
