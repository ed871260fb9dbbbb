-- a frame looked through without end => instructions: act used up its 200000 instructions.*\n  in the library.s find [observation=frame env=breakout]
local function act(obs)
  while true do obs.frame:find(0xffffff) end
end
return { act = act }
