-- a sort of 100,000 elements => instructions: in the library.s sort
local t = {}
for i = 1, 100000 do t[i] = -i end
local function act(obs)
  table.sort(t)
end
return { act = act }
