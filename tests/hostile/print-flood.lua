-- output without end => instructions: act used up its 200000 instructions
local function act(obs)
  while true do print("flood", 1, {}, nil) end
end
return { act = act }
