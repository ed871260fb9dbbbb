-- the largest image => instructions: in the library.s image [observation=frame env=breakout]
local function act(obs)
  return image(4096, 4096, 0)
end
return { act = act }
