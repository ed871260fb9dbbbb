-- next over 65,536 slots that are empty => instructions: in the library.s next
local t = {}
for i = 1, 60000 do t[i .. ""] = 1 end
for k in pairs(t) do t[k] = nil end
local function act(obs)
  while true do next(t) end
end
return { act = act }
