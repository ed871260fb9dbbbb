-- ... of 100,000 values, again and again => instructions: act used up its 200000 instructions
local t = {}
for i = 1, 100000 do t[i] = i end
local function act(obs)
  local function f(...)
    while true do local n = select("#", ...) end
  end
  f(table.unpack(t))
end
return { act = act }
