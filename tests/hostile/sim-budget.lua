-- more planner steps than there are => error: 3001 planner steps, and 3000 are left [plan=true]
local function act(obs)
  obs.sim:rollout(vec.new(3001))
  return 0
end
return { act = act }
