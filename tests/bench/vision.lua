-- vision.lua - looks for everything in the whole frame, as a first policy would: by which
-- `ratchet bench` measures the helpers.
local A, before

local function act(obs)
  local frame = obs.frame
  local paddle
  for _, o in ipairs(frame:objects(0, 8, 93, 144, 100, 4)) do
    if o.top >= 189 and o.right - o.left >= 7 then paddle = o.x end
  end
  local moved = before and frame:difference(before)
  local n, _, _, _, _, ball = 0
  if moved then n, _, _, _, _, ball = moved:find_range(1, 255, 8, 32, 144, 156) end
  before = frame:copy(before)
  if n == 0 or not paddle then return A.FIRE end
  if ball > paddle + 2 then return A.RIGHT end
  if ball < paddle - 2 then return A.LEFT end
  return A.NOOP
end

return { reset = function(info) A = info.actions end, act = act }
