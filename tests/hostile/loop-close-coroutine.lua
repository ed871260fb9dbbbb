-- coroutine.close that never closes => instructions: act used up its 20000 instructions [act_instructions=20000]
local function act(obs)
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, { __close = function() while true do end end })
    coroutine.yield()
  end)
  coroutine.resume(co)
  coroutine.close(co)
end
return { act = act }
