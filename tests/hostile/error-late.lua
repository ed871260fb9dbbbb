-- an error at the fifth step => error: error-late\.lua:5: fifth
local n = 0
local function act(obs)
  n = n + 1
  if n == 5 then error("fifth") end
  return 0
end
return { act = act }
