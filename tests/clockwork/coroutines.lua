-- coroutines.lua - generators that live from act to act, errors that are caught in them, and
-- work that stops at the budget's last instruction.
local function generator()
  local co = coroutine.wrap(function()
    local n = 0
    while true do
      n = n + 1
      local ok, why = pcall(function() if n % 7 == 0 then error({ n }) end return n .. "" end)
      coroutine.yield(ok and #why or why[1])
    end
  end)
  return co
end

local list = {}

local function act(obs)
  local sum = 0
  for i = 1, 20 do
    list[i] = list[i] or generator()
    sum = sum + list[i]()
  end
  if math.random(300) == 1 then
    pcall(function() for _ = 1, 50000 do sum = sum + 1 end error("late") end)
  end
  return { sum % 401 / 100 - 2 }
end

return { act = act, reset = function() list = {} end }
