-- table.remove at the front of a long table => instructions: in the library.s remove
local t = {}
for i = 1, 100000 do t[i] = i end
local function act(obs)
  while true do table.remove(t, 1) end
end
return { act = act }
