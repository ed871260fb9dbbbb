-- a weak table that is made behind our back => none: nothing [act_instructions=4000000 max_frames=3 memory_kib=1024]
local function act(obs)
  local mt = {}
  local weak = setmetatable({}, mt)
  mt.__mode = "kv"
  for i = 1, 100 do weak[i] = {} end
  for i = 1, 20000 do local t = { {} } end
  for i = 1, 100 do assert(weak[i], "the collector shows") end
  return 0
end
return { act = act }
