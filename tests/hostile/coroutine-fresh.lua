-- coroutines whose instruction count starts anew => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  while true do
    local co = coroutine.create(function() for i = 1, 100 do end end)
    coroutine.resume(co)
  end
end
return { act = act }
