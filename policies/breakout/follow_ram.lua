-- follow_ram.lua - follow.lua from the 128 bytes: ball x 99, ball y 101 (0: none), paddle 72.
local A

local function reset(info)
  A = info.actions
end

local function act(obs)
  local ram = obs.ram
  if ram[101] == 0 then return A.FIRE end
  local ball, middle = ram[99] - 49, ram[72] - 47 + 8
  if ball > middle + 2 then return A.RIGHT end
  if ball < middle - 2 then return A.LEFT end
  return A.NOOP
end

return { reset = reset, act = act }
