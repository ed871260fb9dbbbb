-- %b at every byte => instructions: this call takes \d+.*\n  in the library.s find
local function act(obs)
  return (("("):rep(1500)):find("%b()")
end
return { act = act }
