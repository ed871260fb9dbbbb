-- a chain of __call, 2000 links, 60 times an act => instructions: act used up its 200000 instructions
local N, M = 2000, 60
local a = function() return 0 end
for i = 1, N do a = setmetatable({}, { __call = a }) end
return { act = function(obs)
  for i = 1, M do a() end
  return obs.angle + obs.angular_velocity / 2 > 0 and 1 or 0
end }
