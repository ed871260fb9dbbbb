-- a loop in a coroutine => instructions: ^coroutine-loop\.lua:3: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  coroutine.wrap(function() while true do end end)()
end
return { act = act }
