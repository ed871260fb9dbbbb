-- %b at every byte of a long string => error: this pattern may take
local s = ("("):rep(100000)
local function act(obs)
  return s:find("%b()")
end
return { act = act }
