-- string.byte of everything => instructions: in the library.s byte
local s = ("k"):rep(10000)
local function act(obs)
  while true do select("#", s:byte(1, -1)) end
end
return { act = act }
