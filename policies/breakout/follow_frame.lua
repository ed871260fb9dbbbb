-- follow_frame.lua - follow.lua from pixels: the ball is the red below the bricks, the
-- paddle the red at its own height.
local A
local RED = 0xC84848

local function reset(info)
  A = info.actions
end

local function act(obs)
  local n, left = obs.frame:find(RED, 8, 93, 144, 96)
  local m, paddle, _, right = obs.frame:find(RED, 8, 189, 144, 4)
  if n == 0 or m == 0 then return A.FIRE end
  local middle = (paddle + right) / 2
  if left > middle + 2 then return A.RIGHT end
  if left < middle - 2 then return A.LEFT end
  return A.NOOP
end

return { reset = reset, act = act }
