-- random.lua - math.random in all its forms, also before the first reset.
local early = math.random(1, 1000000)

local function act(obs)
  local x = math.random() + math.random(10) + math.random(-5, 5) + early % 7
  x = x + math.random(0) % 1000 / 1000 + math.random(math.mininteger, math.maxinteger) % 1000 / 500
  if math.random(50) == 1 then math.randomseed(early, 7) end
  return { x % 4 - 2 }
end

return { act = act }
