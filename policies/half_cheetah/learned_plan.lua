-- learned_plan.lua - a sampling planner (MPPI) that may refine its plan in a second round: what came out of
-- the first round of noise is the middle of the next.
local A, CANDIDATES, HORIZON = 6, 80, 30
local LENGTH = A * HORIZON
local p, plan, batch, rounds

local function reset(info)
  p = info.params
  rounds = math.floor(p.rounds + 0.5)
  plan = vec.new(LENGTH)
  batch = vec.new(CANDIDATES * LENGTH)
end

local function act(obs)
  local noise = p.noise
  for _ = 1, rounds do
    batch:normal(noise):smooth(p.smooth, A, LENGTH)
    batch:add(plan):clip(-1, 1)
    batch:paste(1, plan) -- the first candidate is the plan itself
    local returns = obs.sim:rollouts(batch, CANDIDATES)
    plan:mean(batch, returns:softmax(p.temperature))
    noise = noise * p.shrink
  end
  local action = plan:list(1, A)
  plan:paste(1, plan, A + 1, LENGTH - A) -- a step further; the last action repeats
  return action
end

return {
  params = {
    rounds = { default = 1.96561, min = 0.5, max = 2.4 }, -- a whole number of them, rounded
    noise = { default = 1.11735, min = 0.1, max = 1.5 },
    shrink = { default = 0.741096, min = 0.2, max = 1 }, -- of the noise, from round to round
    smooth = { default = 0.219104, min = 0, max = 0.9 },
    temperature = { default = 1.36943, min = 0.1, max = 5 },
  },
  reset = reset,
  act = act,
}
