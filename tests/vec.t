# vec.t - what vec computes: a row each, "true" in a policy.
. tests/tap.sh

while IFS='|' read -r name expression; do
    cat >"$TMP/vec.lua" <<LUA
local function is(v, ...)
  local wanted = { ... }
  assert(#v == #wanted, #v .. " elements")
  for i, x in ipairs(wanted) do
    assert(math.abs(v[i] - x) < 1e-12, "element " .. i .. " is " .. v[i])
  end
  return true
end
local of, a, b = vec.of, vec.of { 1, 2, 3, 4 }, vec.of { 10, 20 }
local function act()
  assert($expression)
  return 0
end
return { act = act }
LUA
    expect "vec: $name" 0 ' 0 with faults' \
        "$RATCHET" run cartpole "$TMP/vec.lua" -n 1 --set max_frames=1
done <<'ROWS'
new|is(vec.new(3), 0, 0, 0) and is(vec.new(2, 7), 7, 7)
index and length|#a == 4 and a[1] == 1 and a[4] == 4 and a[5] == nil
assignment|(function() a[2] = 9 return is(a, 1, 9, 3, 4) end)()
copy is another|is(a:copy():fill(0), 0, 0, 0, 0) and is(a, 1, 2, 3, 4)
functions return the vec|a:add(0):mul(1) == a
add a number|is(a:add(1), 2, 3, 4, 5)
add a vec|is(a:add(a), 2, 4, 6, 8)
a shorter vec repeats|is(a:add(b), 11, 22, 13, 24)
mul|is(a:mul(b), 10, 40, 30, 80)
fill by a row|is(a:fill(b), 10, 20, 10, 20)
axpy|is(a:axpy(-0.1, b), 0, 0, 2, 2)
tanh|is(of({ 0, 1 }):tanh(), 0, 0.76159415595576489)
sqrt and abs|is(of({ -4, 9 }):abs():sqrt(), 2, 3)
clip|is(a:clip(2, 3), 2, 2, 3, 3)
sum and dot|a:sum() == 10 and a:dot(a) == 30
max and its place|select(2, of({ 3, 7, 7, 0 / 0 }):max()) == 2
min and its place|of({ 3, -1 / 0 }):min() == -1 / 0
order is stable|is(of({ 1, 5, 0 / 0, 5, 7 }):order(), 5, 2, 4, 1, 3)
order of many|(function() local v = vec.new(999):normal() local o, last = v:order(), 1 / 0 for i = 1, 999 do assert(v[o[i]] <= last) last = v[o[i]] end return true end)()
softmax|is(of({ 0, math.log(3) }):softmax(1), 0.25, 0.75)
softmax at low temperature|is(of({ 1, 2, 3 }):softmax(1e-3), 0, 0, 1)
softmax of what is no number|is(of({ 0 / 0, 1, -1 / 0 }):softmax(1), 0, 1, 0)
mean of rows|is(vec.new(2):mean(a), 2, 3)
weighted mean|is(vec.new(2):mean(a, of { 0.75, 0.25 }), 1.5, 2.5)
paste|is(a:paste(2, b), 1, 10, 20, 4)
paste over itself|is(a:paste(1, a, 2, 3), 2, 3, 4, 4) and is(a:paste(2, a, 1, 3), 2, 2, 3, 4)
column|is(a:column(2, 2), 2, 4)
list|#a:list() == 4 and a:list(2, 2)[2] == 3
smooth|is(of({ 1, 1, 1, 1 }):smooth(0.6, 1, 2), 1, 1.4, 1, 1.4)
smooth by width|is(a:smooth(0.6, 2), 1, 2, 3, 4.4)
smooth keeps variance|(function() local v = vec.new(20000):normal():smooth(0.8, 1) return math.abs(v:dot(v) / 20000 - 1) < 0.1 end)()
normal|(function() local v = vec.new(20001):normal() return math.abs(v:sum() / 20001) < 0.03 and math.abs(v:dot(v) / 20001 - 1) < 0.05 end)()
normal by a scale|is(a:normal(0), 0, 0, 0, 0) and vec.new(2):normal(of { 0, 1 })[1] == 0
denormals count as 0|(function() local v = vec.new(2, 1e-160) return v:dot(v) == 0 and vec.new(2, 5e-324):sum() == 0 and v:mul(v)[1] == 0 end)()
softmax at the lowest temperature|is(of({ 1, 2, 2 }):softmax(2.3e-308), 0, 0.5, 0.5)
normal is seeded|(function() math.randomseed(5) local x = vec.new(3):normal() math.randomseed(5) return is(vec.new(3):normal():axpy(-1, x), 0, 0, 0) end)()
ROWS
done_testing
