-- collector.lua - garbage, memory errors that are caught, and lengths of tables with holes: what
-- depends on when the collector runs and on how tables have grown.
local kept = {}

local function act(obs)
  local mix = 0
  for i = 1, 60 do
    local t = {}
    for j = 1, i do t[j] = { j } end
    for j = 1, i, 3 do t[j] = nil end
    mix = (mix * 31 + #t) % 1000000007
    kept[i % 40 + 1] = t
  end
  local hoard, n = {}, 0
  if math.random(20) == 1 then
    pcall(function() while true do n = n + 1 hoard[n] = { {}, n .. "" } end end)
  end
  for k, v in pairs(kept) do for q in pairs(v) do mix = (mix * 7 + k * q) % 1000000007 end end
  for q in pairs { [{}] = 1, [{}] = 2, [act] = 3 } do mix = mix + (q == act and 1 or 0) end
  return { (mix + n) % 4001 / 1000 - 2 }
end

return { act = act, reset = function() kept = {} end }
