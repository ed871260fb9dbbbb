-- table.insert at the front of a long table => instructions: in the library.s insert
local t = {}
for i = 1, 100000 do t[i] = i end
local function act(obs)
  while true do table.insert(t, 1, 0) end
end
return { act = act }
