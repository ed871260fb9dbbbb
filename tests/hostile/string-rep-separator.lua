-- string.rep by its separator => instructions: this call takes \d+
local function act(obs)
  return #("x"):rep(1000000, ("y"):rep(1000))
end
return { act = act }
