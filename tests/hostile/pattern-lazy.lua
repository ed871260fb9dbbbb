-- lazy repetitions that backtrack => error: this pattern may take
local function act(obs)
  return (("ab"):rep(200)):match((".-"):rep(6) .. "c")
end
return { act = act }
