-- Plans by simulation: best known action sequence, improved by random detours followed by pumping.
local sin, cos, random, pi = math.sin, math.cos, math.random, math.pi
local BUDGET = 560

local function accel(a1, a2, w1, w2, u)
  local c2, s2 = cos(a2), sin(a2)
  local d1 = 3.5 + c2
  local d2 = 1.25 + 0.5 * c2
  local phi2 = 4.9 * sin(a1 + a2)
  local phi1 = 14.7 * sin(a1) + phi2 - (0.5 * w2 + w1) * w2 * s2
  local r = d2 / d1
  local b2 = (u + r * phi1 - 0.5 * w1 * w1 * s2 - phi2) / (1.25 - r * d2)
  return -(d2 * b2 + phi1) / d1, b2
end

local function step(a1, a2, w1, w2, u)
  local k1, l1 = accel(a1, a2, w1, w2, u)
  local v1, v2 = w1 + 0.1 * k1, w2 + 0.1 * l1
  local k2, l2 = accel(a1 + 0.1 * w1, a2 + 0.1 * w2, v1, v2, u)
  local x1, x2 = w1 + 0.1 * k2, w2 + 0.1 * l2
  local k3, l3 = accel(a1 + 0.1 * v1, a2 + 0.1 * v2, x1, x2, u)
  local y1, y2 = w1 + 0.2 * k3, w2 + 0.2 * l3
  local k4, l4 = accel(a1 + 0.2 * x1, a2 + 0.2 * x2, y1, y2, u)
  a1 = a1 + (w1 + 2 * (v1 + x1) + y1) / 30
  a2 = a2 + (w2 + 2 * (v2 + x2) + y2) / 30
  w1 = w1 + (k1 + 2 * (k2 + k3) + k4) / 30
  w2 = w2 + (l1 + 2 * (l2 + l3) + l4) / 30
  if w1 > 4 * pi then w1 = 4 * pi elseif w1 < -4 * pi then w1 = -4 * pi end
  if w2 > 9 * pi then w2 = 9 * pi elseif w2 < -9 * pi then w2 = -9 * pi end
  return a1, a2, w1, w2
end

-- plan: us[i] is the action of step i, A1..W2[i] the state before it; first = the present step
local us, A1, A2, W1, W2, len, now
local used

-- Roll out from a state: force(i) for the first steps, pumping after; steps to the goal or nil.
local function roll(a1, a2, w1, w2, old, from, n, u0, limit)
  local nu, n1, n2, m1, m2 = {}, {}, {}, {}, {}
  for t = 1, limit do
    local u
    if old then u = old[from + t - 1] elseif t <= n then u = u0 end
    u = u or (w2 > 0 and 1 or -1)
    nu[t], n1[t], n2[t], m1[t], m2[t] = u, a1, a2, w1, w2
    a1, a2, w1, w2 = step(a1, a2, w1, w2, u)
    used = used + 1
    if -cos(a1) - cos(a1 + a2) > 1 then return t, nu, n1, n2, m1, m2 end
  end
  return nil
end

local function act(obs)
  local a1, a2 = math.atan(obs.sin1, obs.cos1), math.atan(obs.sin2, obs.cos2)
  local w1, w2 = obs.angular_velocity1, obs.angular_velocity2
  used = 0
  local fits = false
  if us and now < len then
    now = now + 1
    fits = math.abs(W1[now] - w1) < 1e-5 and math.abs(W2[now] - w2) < 1e-5
  end
  if not fits then
    local t, nu, n1, n2, m1, m2 = roll(a1, a2, w1, w2, us and now < len and us or nil, now, 0, 0, 200)
    if t then
      us, A1, A2, W1, W2, len, now = nu, n1, n2, m1, m2, t, 1
    else
      us = nil
      local bt
      while used < 400 do
        local u0 = random(-1, 1)
        local k = random(1, 12)
        local t, nu, n1, n2, m1, m2 = roll(a1, a2, w1, w2, nil, 0, k, u0, 90)
        if t and (not bt or t < bt) then
          bt = t
          us, A1, A2, W1, W2, len, now = nu, n1, n2, m1, m2, t, 1
        end
      end
    end
  end
  if not us then return w2 > 0 and 2 or 0 end
  while used < BUDGET - 70 or used + (len - now) < BUDGET do
    local left = len - now
    if left < 2 then break end
    local s = now + math.floor(left * random() ^ 1.5)
    local t, nu, n1, n2, m1, m2 = roll(A1[s], A2[s], W1[s], W2[s], nil, 0, random(1, 7), random(-1, 1),
      math.min(len - s, BUDGET - used))
    used = used + 1
    if t then
      -- no longer than before: take the detour (equal ones, too, so that the plan drifts)
      for i = 1, t do
        local j = s + i - 1
        us[j], A1[j], A2[j], W1[j], W2[j] = nu[i], n1[i], n2[i], m1[i], m2[i]
      end
      len = s + t - 1
    end
    if used >= BUDGET then break end
  end
  return us[now] + 1
end

return { act = act }
