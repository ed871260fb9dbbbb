-- coroutines that resume one another => error: C stack overflow\n(  in the library.s \?\n)*  coroutine-chain\.lua:4: 
local function act(obs)
  local deeper
  deeper = function() return coroutine.wrap(deeper)() end
  return deeper()
end
return { act = act }
