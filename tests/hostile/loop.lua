-- a loop that never ends => instructions: ^loop\.lua:3: act used up its 20000 instructions\n  loop\.lua:3: in the function of line 2$ [act_instructions=20000]
local function act(obs)
  while true do end
end
return { act = act }
