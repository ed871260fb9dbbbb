-- qbert_lives.lua - earns 58,275 in 51,540 steps of ale/qbert (observation=ram, seed 0);
-- after some bonus lives the emulator counts -1 of them, at step 43,136.
-- Q*bert by planning over (cube, time): enemies are read from RAM and moved ahead tick by tick.
local TILE = { 21, 52,54, 83,85,87, 98,100,102,104, 1,3,5,7,9, 32,34,36,38,40,42 }
local SPR = { 92, 93, 94, 96, 95 } -- sprite of the object in row 1..5; 7: none
local ROW, COL, NB, AT = {}, {}, {}, {}
do
  local i = 0
  for r = 0, 5 do
    AT[r] = {}
    for c = 0, r do i = i + 1; ROW[i], COL[i], AT[r][c] = r, c, i end
  end
  for k = 1, 21 do
    local r, c = ROW[k], COL[k]
    local t = {}
    local function add(a, nr, nc)
      local q = AT[nr] and AT[nr][nc]
      if q then t[#t + 1] = { q, a } end
    end
    add(3, r + 1, c + 1); add(5, r + 1, c); add(2, r - 1, c); add(4, r - 1, c - 1)
    NB[k] = t
  end
end
local S = 18 -- slots of ten frames
local T, prev56, c0, trans, round, snap, crow, sinceTick

local function reset()
  T, prev56, c0, trans, round, snap, crow, sinceTick = 65, 0, nil, {}, -1, nil, nil, 0
end

local function plan(m, here, spawn, deep, need, spoil)
  local t1 = (m[56] - 1) * 5 + (m[0] - 3) % 5 + 1
  if t1 < 1 then t1 = 1 end
  local D = {}
  for s = 0, S + 3 do D[s] = {} end
  local function slots(n, set)
    -- the tiles of set are taken from tick n to tick n + 1
    local a = n == 0 and 0 or t1 + (n - 1) * T
    local b = t1 + n * T
    for s = (a - 2) // 10, (b + 2) // 10 do
      local d = D[s]
      if d then for k in pairs(set) do d[k] = true end end
    end
  end
  local coily = m[73] <= 5 and crow
  for row = 1, 5 do
    local spr, kind = m[SPR[row]], m[106 + row]
    if spr ~= 7 and kind ~= 196 and not (coily and row == crow) then
      local u = m[74 + row] - 5
      local k = AT[row][(u + row) // 2]
      if k then
        local set, n = { [k] = true }, 0
        while n < 5 and next(set) do
          slots(n, set)
          local nx = {}
          for i in pairs(set) do
            for _, e in ipairs(NB[i]) do
              if ROW[e[1]] > ROW[i] then nx[e[1]] = true end
            end
          end
          set, n = nx, n + 1
        end
      end
    end
  end
  if coily then
    local u = m[69] - 5
    local k = AT[crow][(u + crow) // 2]
    if k then
      local set = { [k] = true }
      slots(0, set)
      local nx = {}
      local decided = m[56] <= 7
      if decided and m[73] == crow then nx[k] = true end
      for _, e in ipairs(NB[k]) do
        if not decided or m[73] == crow or ROW[e[1]] == m[73] then nx[e[1]] = true end
      end
      slots(1, nx)
      if deep then
        local n2 = {}
        for i in pairs(nx) do for _, e in ipairs(NB[i]) do n2[e[1]] = true end end
        slots(2, n2)
      end
    end
  end
  if spawn then
    for n = 0, 4 do
      local t = t1 + n * T -- what falls in then strikes some 24 frames later
      for d = (t + 16) // 10, (t + 36) // 10 do if D[d] then D[d][2], D[d][3] = true, true end end
    end
  end
  -- which states live to the end
  local live = {}
  for s = S, S + 3 do live[s] = {}; for k = 1, 21 do live[s][k] = true end end
  for s = S - 1, 0, -1 do
    local l = {}
    local e0, e1, e2, e3 = D[s], D[s + 1], D[s + 2], D[s + 3]
    for k = 1, 21 do
      if not e0[k] then
        if live[s + 1][k] then l[k] = true
        elseif not e1[k] then
          for _, e in ipairs(NB[k]) do
            local q = e[1]
            if not e1[q] and not e2[q] and not e3[q] and live[s + 3][q] then l[k] = true; break end
          end
        end
      end
    end
    live[s] = l
  end
  if not live[0][here] then return nil, D end
  -- how far each cube is from one that is needed
  local far, qq, h = {}, {}, 1
  for k in pairs(need) do far[k] = 0; qq[#qq + 1] = k end
  while qq[h] do
    local k = qq[h]; h = h + 1
    for _, e in ipairs(NB[k]) do
      if not far[e[1]] then far[e[1]] = far[k] + 1; qq[#qq + 1] = e[1] end
    end
  end
  -- forward: the soonest needed cube, spoiling few
  local first, cost = {}, {}
  for s = 0, S + 3 do first[s], cost[s] = {}, {} end
  first[0][here], cost[0][here] = 0, 0
  local best, score = 0, 1e9
  for s = 0, S + 2 do
    for k = 1, 21 do
      local c = cost[s][k]
      if c then
        local a = first[s][k]
        if s > 0 and need[k] and k ~= here then
          if s + c < score then best, score = a, s + c end
        elseif s < S then
          if live[s + 1][k] and (not cost[s + 1][k] or cost[s + 1][k] > c) then
            cost[s + 1][k], first[s + 1][k] = c, a
          end
          if not D[s + 1][k] then
            for _, e in ipairs(NB[k]) do
              local q = e[1]
              if live[s + 3][q] and not D[s + 1][q] and not D[s + 2][q] and not D[s + 3][q] then
                local c2 = c + (spoil[q] and 5 or 0)
                if not cost[s + 3][q] or cost[s + 3][q] > c2 then
                  cost[s + 3][q] = c2
                  first[s + 3][q] = a == 0 and (s == 0 and e[2] or -1) or a
                end
              end
            end
          end
        else
          local v = s + c + 30 * (far[k] or 20)
          if v < score then best, score = a, v end
        end
      end
    end
  end
  return best, D
end

local function act(obs)
  local m = obs.ram
  sinceTick = sinceTick + 1
  if m[56] > prev56 then
    crow = m[73] <= 5 and m[73] or nil
    if m[56] < 20 then T = m[56] * 5 end
  end
  if m[73] > 5 then crow = nil elseif not crow then crow = m[73] end
  prev56 = m[56]
  if m[99] ~= round then round, c0, trans, snap = m[99], nil, {}, nil end
  if m[82] ~= 0 or m[55] ~= 0 then return 0 end
  local y = m[67] - 25
  if y < 0 or y % 28 ~= 0 then return 0 end
  local r = y // 28
  local u = m[35] - 5
  local here = (u + r) % 2 == 0 and AT[r] and AT[r][(u + r) // 2]
  if not here then return 0 end
  local col = {}
  for i = 1, 21 do col[i] = m[TILE[i]] end
  if snap and snap.at ~= here then
    trans[snap[here]] = col[here]
  end
  col.at = here
  snap = col
  if not c0 then
    for i = 2, 21 do if col[i] ~= col[1] then return 0 end end
    c0 = col[1]
  end
  local target
  local c1 = trans[c0]
  if c1 then
    local c2 = trans[c1]
    if c2 then target = (c2 == c0 or c2 == c1) and c1 or c2 end
  end
  local need, spoil, any = {}, {}, false
  local spoils = target and trans[target] and trans[target] ~= target
  for i = 1, 21 do
    local c = col[i]
    if target and c ~= target or not target and c == c0 then need[i] = true; any = true end
    if spoils and c == target then spoil[i] = true end
  end
  if not any then for i = 1, 21 do if i ~= here then need[i] = true end end end
  local a, D = plan(m, here, true, true, need, spoil)
  if not a then a = plan(m, here, false, true, need, spoil) end
  if not a then a = plan(m, here, true, false, need, spoil) end
  if not a then a, D = plan(m, here, false, false, need, spoil) end
  if not a then
    -- no way lives to the end: the longest
    local function lasts(k, from)
      local s = from
      while s < S and not D[s][k] do s = s + 1 end
      return s
    end
    local most = lasts(here, 0)
    a = 0
    if not D[1][here] then
      for _, e in ipairs(NB[here]) do
        local q = e[1]
        if not D[1][q] and not D[2][q] then
          local n = lasts(q, 1)
          if n > most then most, a = n, e[2] end
        end
      end
    end
  end
  if a < 0 then a = 0 end
  return a
end
return { act = act, reset = reset }
