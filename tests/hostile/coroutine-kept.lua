-- a coroutine that works on from act to act => instructions: act used up its 20000 instructions [act_instructions=20000]
local co = coroutine.wrap(function()
  for i = 1, 5 do coroutine.yield(0) end
  while true do end
end)
return { act = function() return co() end }
