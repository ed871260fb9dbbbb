-- sim without the task's leave => error: attempt to index a nil value .field 'sim'.
local function act(obs)
  return obs.sim:step(0)
end
return { act = act }
