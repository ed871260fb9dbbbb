-- a pattern that backtracks => error: ^pattern-backtrack\.lua:3: this pattern may take .* steps on 60 bytes; at most 16777216 are allowed
local function act(obs)
  return (("a"):rep(60)):find(("a*"):rep(12) .. "b")
end
return { act = act }
