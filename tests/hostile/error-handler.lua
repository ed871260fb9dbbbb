-- an error in the handling of an error => none: nothing [max_frames=5]
local function act(obs)
  local ok, e = xpcall(error, function() error("again") end)
  assert(not ok)
  return 0
end
return { act = act }
