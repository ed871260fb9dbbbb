-- string.char of everything => instructions: act used up its 200000 instructions
local t = {}
for i = 1, 100000 do t[i] = 65 end
local function act(obs)
  while true do string.char(table.unpack(t)) end
end
return { act = act }
