-- start.lua - draws its actions, each held for some steps: where any game's learning starts
-- that has no start.lua of its own.
local p, n, left, action

local function reset(info)
  p = info.params
  n, left, action = 0, 0, 0
  for _ in pairs(info.actions) do n = n + 1 end
end

local function draw()
  local sum = 0
  for i = 1, n do sum = sum + p["w" .. i] end
  local at = math.random() * sum
  for i = 1, n do
    at = at - p["w" .. i]
    if at < 0 then return i - 1 end
  end
  return 0
end

local function act()
  if left <= 0 then
    action, left = draw(), math.floor(p.hold)
  end
  left = left - 1
  return action
end

return {
  params = {
    hold = { default = 4, min = 1, max = 40 }, -- steps
    -- How likely each action is, against the others.
    w1 = { default = 1, min = 0, max = 4 },
    w2 = { default = 1, min = 0, max = 4 },
    w3 = { default = 1, min = 0, max = 4 },
    w4 = { default = 1, min = 0, max = 4 },
    w5 = { default = 1, min = 0, max = 4 },
    w6 = { default = 1, min = 0, max = 4 },
    w7 = { default = 1, min = 0, max = 4 },
    w8 = { default = 1, min = 0, max = 4 },
    w9 = { default = 1, min = 0, max = 4 },
    w10 = { default = 1, min = 0, max = 4 },
    w11 = { default = 1, min = 0, max = 4 },
    w12 = { default = 1, min = 0, max = 4 },
    w13 = { default = 1, min = 0, max = 4 },
    w14 = { default = 1, min = 0, max = 4 },
    w15 = { default = 1, min = 0, max = 4 },
    w16 = { default = 1, min = 0, max = 4 },
    w17 = { default = 1, min = 0, max = 4 },
    w18 = { default = 1, min = 0, max = 4 },
  },
  reset = reset,
  act = act,
}
