-- sort.lua - sorting with equal keys and with comparators that do not order.
local function act(obs)
  local list, mix = {}, 0
  for i = 1, 120 do list[i] = { key = i * 37 % 11, place = i } end
  table.sort(list, function(a, b) return a.key < b.key end)
  for i, v in ipairs(list) do mix = (mix * 31 + v.place) % 1000000007 end
  table.sort(list, function(a, b) return (a.place * b.place) % 3 == 1 end)
  for i, v in ipairs(list) do mix = (mix * 31 + v.place) % 1000000007 end
  local words = { "b", "B", "a", "\xe9", "10", "9", "", "a\0", "a", "Z" }
  table.sort(words)
  for i, v in ipairs(words) do mix = (mix * 31 + #v * i + (v:byte() or 0)) % 1000000007 end
  return { (mix % 4001 / 1000 - 2 + obs.sin) % 4 - 2 }
end

return { act = act }
