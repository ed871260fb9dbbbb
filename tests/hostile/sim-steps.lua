-- planner steps without end, errors caught => instructions: used up its 1000000 instr [plan=true]
local function act(obs)
  while true do
    pcall(obs.sim.step, obs.sim, 0)
  end
end
return { act = act }
