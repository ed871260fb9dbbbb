-- vec with everything but what it takes => none: nothing [max_frames=5]
local function wrong(f, ...)
  assert(not pcall(f, ...), "it was taken")
end
local function set(v, i, x)
  v[i] = x
end
local bad = { "x", true, print, {}, coroutine.create(print) }
local function act()
  local v = vec.new(6, 1)
  for name, f in pairs(vec) do
    wrong(f)
    for _, x in ipairs(bad) do
      if not (name == "of" and type(x) == "table") then
        wrong(f, x, x, x)
      end
    end
  end
  for _, n in ipairs { -1, 1 << 25, math.maxinteger, 0 / 0, 1.5, "many" } do
    wrong(vec.new, n)
    wrong(set, v, n, 1)
    wrong(v.paste, v, n, v)
    wrong(v.list, v, n)
    wrong(v.smooth, v, 0.5, n, n)
  end
  wrong(v.paste, v, 2, v)
  wrong(v.paste, v, 1, v, 3)
  wrong(v.paste, v, 1, v, 1, math.maxinteger)
  wrong(v.paste, v, math.mininteger, v, math.maxinteger, 2)
  wrong(v.list, v, 2, 6)
  wrong(v.smooth, v, 2, 1)
  wrong(v.smooth, v, 0.5, 1, 4)
  wrong(v.add, v, vec.new(4))
  wrong(v.add, v, vec.new(0))
  wrong(v.normal, v, v)
  wrong(v.mean, v, v)
  wrong(v.mean, v, vec.new(12), vec.new(3))
  wrong(v.softmax, v, 0)
  wrong(v.column, v, 1, 0)
  wrong(v.column, v, 1, 4)
  wrong(v.column, v, 4, 3)
  wrong(v.column, v, 0, 3)
  assert(#v:column(3, 3) == 2)
  wrong(v.softmax, vec.new(2, 0 / 0), 1)
  wrong(set, v, 7, 1)
  wrong(set, v, 1, "x")
  wrong(setmetatable, v, {})
  assert(v[7] == nil and v[0] == nil and v[1.5] == nil and v.nothing == nil)
  local odd = vec.of { 0 / 0, 1 / 0, -1 / 0, 3 }
  assert(odd:order()[1] == 2 and odd:order()[4] == 1 and odd:max() == 1 / 0)
  assert(#vec.new(0):copy():normal():tanh() == 0 and vec.new(0):max() == nil)
  assert(v:add(v):sum() == 12)
  return 0
end
return { act = act }
