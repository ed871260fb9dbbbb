local a, b = 1, { 2 }
local c = a
local function f(o)
  for i = 1, 3 do o = o + c * o.angle end
  while o > 9 do o = o - 1 end
  repeat o = o + 1 until o > 3
  return o
end
local g = function(x) if x then return f(x) else return [[ long ]] .. #"s" end end
return { act = function(o) return g(o) end }
