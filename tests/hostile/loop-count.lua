-- a for loop over all integers => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  for i = math.mininteger, math.maxinteger do end
end
return { act = act }
