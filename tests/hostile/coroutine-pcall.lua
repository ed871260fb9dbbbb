-- a coroutine that hides the end of the budget => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  while true do
    coroutine.resume(coroutine.create(function() while true do end end))
  end
end
return { act = act }
