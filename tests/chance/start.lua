-- Where the cart starts shows 53 bits of the first number that the environment drew; from the other 11,
-- tried one by one, follows the state of its generator, and from that the seed and which frames are
-- sticky. (cartpole; the actions lean, so that it lasts)
local I9, I5, I1, I2 = 0x8e38e38e38e38e39, 0xcccccccccccccccd, 0x96de1b173f119089, 0x319642b2d24d8ec3
local G, A, B, M16, M2 = 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9, 0x94d049bb133111eb, 0xc9d2e265031858dd, 0x4e7628b6dc849e46
local function mix(x) x = x + G x = (x ~ (x >> 30)) * A x = (x ~ (x >> 27)) * B return x ~ (x >> 31) end
local function unmix(x)
  x = x ~ (x >> 31) ~ (x >> 62) x = x * I2
  x = x ~ (x >> 27) ~ (x >> 54) x = x * I1
  x = x ~ (x >> 30) ~ (x >> 60) return x - G
end
local function top(s) s = s * 5 s = ((s << 7) | (s >> 57)) * 9 return (s >> 11) * 0x1p-53 end
local first, second, low, a, b, c, d, right, wrong, before, held, played
local function search(n)
  local base = math.floor((first / 0.05 + 1) / 2 * 0x1p53) << 11
  for k = low, low + n - 1 do
    local r = (base + k) * I9
    local x = unmix(((r >> 7) | (r << 57)) * I5) - G
    local s1 = mix(x + G)
    if math.abs(0.05 * (2 * top(s1 ~ mix(x + 2 * G) ~ mix(x)) - 1) - second) < 1e-12 then
      local seed = unmix(x ~ M16)
      x = mix(seed) ~ M2
      a, b, c, d = mix(x), mix(x + G), mix(x + 2 * G), mix(x + 3 * G)
      return
    end
  end
  low = low + n
end
local function draw()
  local r, t = top(b), b << 17
  c = c ~ a d = d ~ b b = b ~ c a = a ~ d c = c ~ t d = (d << 45) | (d >> 19)
  return r < 0.25
end
local asked
local function act(o)
  if not first then first, second = o.position, o.velocity end
  if not b and low < 1 << 13 then search(1000) end
  if b then
    -- what was played last, and what the stream says of it
    for i = played + 1, #asked do
      if not draw() then held = asked[i] end
      played = i
    end
    if before and #asked > 0 then
      if (o.velocity > before) == (held == 1) then right = right + 1 else wrong = wrong + 1 end
    end
  end
  before = o.velocity
  local want = o.angle + o.angular_velocity / 2 > 0 and 1 or 0
  if #asked == 60 then error(("foretold %d right, %d wrong"):format(right, wrong)) end
  asked[#asked + 1] = want
  return want
end
return { reset = function() first, b, before, asked, low, played, held, right, wrong = nil, nil, nil, {}, -4096, 0, 0, 0, 0 end, act = act }
