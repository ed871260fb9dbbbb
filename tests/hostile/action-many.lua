-- 100,000 values as an action => action: ^act returned 100000 values; one is expected
local t = {}
for i = 1, 100000 do t[i] = 1 end
local function act(obs)
  return table.unpack(t)
end
return { act = act }
