-- Rest the paddle where the ball will land. Its left half sends the ball left,
-- its right half right; the seam between them also shifts it by 4 pixels. Of these
-- halves search the flights ahead for the fewest hits that lead to a brick.
local A, P, planned, spot

-- The bricks are playfield bits: byte BASE[c] + row (0 is the lowest), bit MASK[c].
local BASE = { [0] = 30, 24, 24, 24, 24, 18, 18, 18, 18, 12, 12, 6, 6, 6, 6, 0, 0, 0 }
local MASK = { [0] = 64, 128, 32, 8, 2, 1, 4, 16, 64, 16, 64, 128, 32, 8, 2, 1, 4, 16 }
local FIRST, LAST = 55, 191 -- the ends of the paddle's track
local FLOOR = 177           -- the ball's height when it meets the paddle

local function reset(info)
  A, P, planned, spot = info.actions, info.params, false, 8
end

local function signed(high, low)
  if high > 127 then high = high - 256 end
  return high + low / 256
end

-- The bricks that stand, by row * 20 + column.
local function wall(ram)
  local bricks = {}
  for column = 0, 17 do
    for row = 0, 5 do
      bricks[row * 20 + column] = ram[BASE[column] + row] & MASK[column] > 0
    end
  end
  return bricks
end

local function clamp(paddle)
  return math.max(FIRST, math.min(LAST, paddle))
end

-- Positions are the RAM's own: the ball 57 to 199 between the side walls, the top
-- wall above 25, the rows of bricks from 84 (row 0) up to 50, the knob 235 - ram[70].

-- One flight up from the paddle: where it lands (nil: it meets a brick first)
-- and the frames that it takes.
local function flight(bricks, x, y, dx, fall)
  local speed, dy, frames = math.abs(dx), -fall, 0
  repeat
    if x < 57 then dx = speed elseif x > 199 then dx = -speed end
    x, y, frames = x + dx, y + dy, frames + 1
    if y < 25 then
      dy = fall
    elseif y < 85 and y >= 46 then -- a row is 6 high, but the ball slips by on its last line
      local depth = math.min(35, 85 - y // 1)
      local row = depth // 6 * 20
      if depth % 6 > 0 and bricks[row + (x - 57) // 8]
        and (row < 100 or bricks[row + (x - 58) // 8]) then return nil, frames end
    end
  until y >= FLOOR and dy > 0
  return x, frames
end

-- The offset from the paddle at which the ball is to land: the first of the fewest
-- that lead to a brick, sought breadth first. If none does, any, or the seam.
local function plan(ram, x, y, dx, fall)
  local half, speed, bricks = ram[108], math.abs(dx), wall(ram)
  local left, right, seam = half / 2, 1.5 * half + 1, half
  local queue, seen, frames, i = { { x = x } }, {}, 0, 1
  while queue[i] and frames < P.ahead do
    local node = queue[i]
    for side = -1, 1, 2 do
      local offset = side < 0 and left or right
      -- near the ends of its track only one half comes under the ball
      local spot = node.x - clamp(node.x - offset)
      local way = spot >= half + 1 and speed or -speed
      local landed, taken = flight(bricks, node.x, y, way, fall)
      if not landed then return node.first or offset end
      frames = frames + taken
      if not seen[landed] then
        seen[landed] = true
        queue[#queue + 1] = { x = landed, first = node.first or offset }
      end
    end
    i = i + 1
  end
  return ({ left, right, seam })[math.random(3)]
end

-- The knob moves by 6, the paddle each frame half the way to it: how near to its
-- goal it can stand in so many frames, and the move of the knob to begin with.
local function steer(paddle, knob, goal, frames)
  if frames == 0 then return math.abs(paddle - goal) end
  local least, best = math.huge, nil
  for move = 0, 2 do
    local step = move == 2 and -6 or 6 * move
    local miss = steer(clamp((paddle + knob) // 2), knob + step, goal, frames - 1)
    if miss < least then least, best = miss, step end
    if miss == 0 or frames == 1 then break end
  end
  return least, best
end

local function act(obs)
  local ram = obs.ram
  local x, y, frames = ram[99], ram[101] + ram[102] / 256, 0
  if ram[101] == 0 then
    planned = false
    return A.FIRE
  end
  local dx, dy = -signed(ram[105], ram[106]), signed(ram[103], ram[104])
  if dy > 0 then
    while y < FLOOR do -- to where it lands; bricks left out
      if x < 57 then dx = math.abs(dx) elseif x > 199 then dx = -math.abs(dx) end
      x, y, frames = x + dx, y + dy, frames + 1
    end
  else
    frames = 99
  end
  if dy < 0 or ram[101] < 90 then
    planned, spot = false, ram[108]
  elseif not planned then
    planned, spot = true, plan(ram, x, y, dx, dy)
  end
  local knob, goal = 235 - ram[70], clamp(x - spot)
  local move = goal - knob
  if frames > 0 and frames <= P.near and math.abs(move) < 10 then
    move = select(2, steer(ram[72], knob, goal, frames))
  end
  return move > 3 and A.RIGHT or move < -3 and A.LEFT or A.NOOP
end

return {
  params = {
    ahead = { default = 9000, min = 100, max = 12000 }, -- frames flown ahead in all
    near = { default = 6, min = 0, max = 7 },              -- frames of exact steering
  },
  reset = reset,
  act = act,
}
