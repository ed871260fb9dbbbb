-- marks without end => instructions: act used up its 200000 instructions
local function act(obs)
  while true do mark("line", 1, 2, 3, 4, "label") end
end
return { act = act }
