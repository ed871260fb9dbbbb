-- Plans phases of full push by simulating the car; falls back on pushing along the velocity.
local cos, random = math.cos, math.random
local PUSH, FAIL, BUDGET = 0.001, 1000, 7000
local used = 0

-- steps to the goal: phases d[1..n] alternate from force f, then right for ever
local function eval(p, v, f, d, limit)
  local n, t = #d, 0
  for i = 1, n + 1 do
    local len = d[i]
    if not len then len = limit; f = PUSH end
    for _ = 1, len do
      v = v + f - 0.0025 * cos(3 * p)
      if v > 0.07 then v = 0.07 elseif v < -0.07 then v = -0.07 end
      p = p + v
      if p < -1.2 then p = -1.2; v = 0 end
      t = t + 1
      if p >= 0.5 then used = used + t; return t end
      if t >= limit then used = used + t; return FAIL end
    end
    f = -f
  end
  used = used + t
  return FAIL
end

-- phases of pushing along the velocity, the first step forced
local function along(p, v, f)
  local d, len, g = {}, 0, f
  for t = 1, 260 do
    v = v + g - 0.0025 * cos(3 * p)
    if v > 0.07 then v = 0.07 elseif v < -0.07 then v = -0.07 end
    p = p + v
    if p < -1.2 then p = -1.2; v = 0 end
    len = len + 1
    if p >= 0.5 then break end
    local want = v >= 0 and PUSH or -PUSH
    if want ~= g then d[#d + 1] = len; len = 0; g = want end
  end
  used = used + 100
  return d
end

local function search(p, v, f, d, best, budget)
  local stop = used + budget
  while used < stop do
    local n = #d
    if n == 0 then break end
    local c = {}
    for i = 1, n do c[i] = d[i] end
    local changes = random(1, 3)
    for _ = 1, changes do
      local i = random(1, n)
      local span = random() < 0.5 and 2 or 12
      c[i] = math.max(i == 1 and 1 or 0, c[i] + random(-span, span))
    end
    local t = eval(p, v, f, c, best)
    if t <= best then d, best = c, t end
    used = used + 3
  end
  return d, best
end

local plan, force

local function act(obs)
  local p, v = obs.position, obs.velocity
  used = 0
  local best = FAIL
  if plan then
    if #plan > 0 then
      plan[1] = plan[1] - 1
      while #plan > 0 and plan[1] <= 0 do
        table.remove(plan, 1)
        force = -force
      end
    end
    if #plan == 0 then force = PUSH end
    best = eval(p, v, force, plan, 250)
  end
  if best == FAIL then
    for s = -1, 1, 2 do
      local f = s * PUSH
      local d = along(p, v, f)
      local t = eval(p, v, f, d, 300)
      d, t = search(p, v, f, d, t, BUDGET * 0.4)
      if not plan or t < best then plan, force, best = d, f, t end
    end
  else
    plan, best = search(p, v, force, plan, best, BUDGET - used)
  end
  local now = force
  if #plan == 0 then now = PUSH end
  return now > 0 and 2 or 0
end

return { act = act }
