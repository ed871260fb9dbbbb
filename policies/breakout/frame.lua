-- frame.lua - as follow.lua, from the picture: `--set observation=frame`, or gray.
local RED, FIELD = 0xc84848, { 8, 93, 144, 96 } -- below the bricks, above the paddle
local A, red

local function reset(info)
  A = info.actions
end

local function act(obs)
  local frame = obs.frame
  if not red then
    local _, _, channels = frame:size()
    red = channels == 3 and RED or 110 -- what is left of it in gray
  end
  local n, _, _, _, _, ball = frame:find(red, table.unpack(FIELD))
  local m, _, _, _, _, paddle = frame:find(red, 8, 189, 144, 4)
  if n == 0 or m == 0 then return A.FIRE end
  if ball > paddle + 2 then return A.RIGHT end
  if ball < paddle - 2 then return A.LEFT end
  return A.NOOP
end

return { reset = reset, act = act }
