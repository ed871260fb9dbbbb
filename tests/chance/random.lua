-- The first number of the policy's chance tells all the others, if splitmix64 made the state of its
-- generator: splitmix64 runs backwards.
local I9, I5, I1, I2 = 0x8e38e38e38e38e39, 0xcccccccccccccccd, 0x96de1b173f119089, 0x319642b2d24d8ec3
local G, A, B = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb
local function mix(x) x = x + G x = (x ~ (x >> 30)) * A x = (x ~ (x >> 27)) * B return x ~ (x >> 31) end
local function unmix(x)
  x = x ~ (x >> 31) ~ (x >> 62) x = x * I2
  x = x ~ (x >> 27) ~ (x >> 54) x = x * I1
  x = x ~ (x >> 30) ~ (x >> 60) return x - G
end
local function reset()
  local v = math.random(0) * I9
  local x = unmix(((v >> 7) | (v << 57)) * I5) - G
  local a, b, c = mix(x), mix(x + G), mix(x + 2 * G)
  b = b ~ c ~ a
  local second = b * 5
  second = ((second << 7) | (second >> 57)) * 9
  if second == math.random(0) then note("the second number was foretold") end
end
return { reset = reset, act = function() return 0 end }
