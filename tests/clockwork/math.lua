-- math.lua - mathematical functions, of which C libraries give other last bits on other
-- processors. Every bit goes into the actions.
local mix, x = 0, 0.1

local function add(v)
  local text = string.format("%a", v)
  for i = 1, #text do mix = (mix * 31 + text:byte(i)) % 1000000007 end
end

local function act(obs)
  for i = 1, 12 do
    x = (x * 1.6180339887 + obs.angular_velocity + 0.7) % 40
    add(math.exp(x / 3)) add(math.sin(x * 1000)) add(math.cos(x)) add(math.tan(x))
    add(math.atan(x, i - 6)) add(math.asin(x / 40)) add(math.acos(x / 40)) add(math.log(x + 0.01))
    add(math.log(x + 0.01, 2)) add(math.log(x + 0.01, 10)) add(x ^ 0.37) add((x + 1) ^ -2.5)
    add(math.sqrt(x)) add(math.fmod(x * 1e9, 0.7)) add(x % 0.3) add(x // 0.7) add(math.exp(-x))
    add(1.0000001 ^ (x * 1e6)) add(math.log(x + 0.01, 3)) add(math.sin(x * 1e15))
  end
  return { mix % 4001 / 1000 - 2 }
end

return { act = act, reset = function() mix, x = 0, 0.1 end }
