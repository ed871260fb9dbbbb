-- pairs.lua - the order of pairs and next, over every kind of key: a stock Lua's differs from run
-- to run. The order goes into the actions.
local mix = 0

local function add(text)
  for i = 1, #text do mix = (mix * 31 + text:byte(i)) % 1000000007 end
end

local function fold(t)
  local place = 0
  for k, v in pairs(t) do
    place = place + 1
    if type(v) == "number" then mix = (mix * 131 + v * place) % 1000000007 end
  end
end

local function act(obs)
  local words, tables, functions, mixed, threads = {}, {}, {}, {}, {}
  for i = 1, 200 do
    words["key" .. i * 7 % 211] = i
    tables[{ i }] = i
    functions[function() return i end] = i
    threads[coroutine.create(print)] = i
  end
  for i, v in ipairs { 1, 2.5, "x", true, print, next, math.sin, string.rep, {}, -0.5, 1 << 40,
    pairs, ipairs, table.sort, coroutine.wrap, note, 1e300, -7, ("long"):rep(20) } do
    mixed[v] = i
  end
  for k, v in pairs(words) do if v % 3 == 0 then words[k] = nil end end
  for i = 1, 50 do words[i] = i; words[i + 0.5] = -i end
  fold(words) fold(tables) fold(functions) fold(threads) fold(mixed)
  for k in pairs(_G) do add(k) end
  for k in pairs(string) do add(k) end
  for k in pairs(obs) do add(k) end
  return { mix % 4001 / 1000 - 2 }
end

return { act = act, reset = function() mix = 0 end }
