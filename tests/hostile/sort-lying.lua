-- a comparator that is always true => none: nothing [max_frames=5]
local function act(obs)
  local t = {}
  for i = 1, 500 do t[i] = i end
  table.sort(t, function() return true end)
  table.sort(t, function() return false end)
  return #t - 500
end
return { act = act }
