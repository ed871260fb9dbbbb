-- cheap patterns, many times => instructions: ^pattern-many\.lua:5: act used up its 200000 instructions.*\n  in the library.s find
local s = ("a"):rep(10000)
local function act(obs)
  while true do
    s:find("b")
  end
end
return { act = act }
