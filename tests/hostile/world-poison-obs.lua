-- the observation is poisoned => none: nothing [max_frames=50]
return { act = function(obs)
  setmetatable(obs, { __index = error, __newindex = error })
  for k in pairs(obs) do obs[k] = nil end
  return 0
end }
