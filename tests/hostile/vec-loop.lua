-- the dearest of vec's functions without end => instructions: used up its 200000
local v = vec.new(10000)
local function act()
  while true do
    v:normal():tanh():order()
  end
end
return { act = act }
