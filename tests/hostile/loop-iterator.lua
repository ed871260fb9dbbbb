-- an iterator that never ends => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  for x in function() return 1 end do end
end
return { act = act }
