-- start_plan.lua - a plain sampling planner (MPPI): noise round a plan, weighted by return.
local A = 6
local p, n, length, plan, batch, still

local function reset(info)
  p = info.params
  n, length = math.floor(p.candidates), math.floor(p.horizon) * A
  plan = vec.new(length)
  batch = vec.new(n * length)
  still = vec.new(length)
end

local function act(obs)
  batch:normal(p.noise):smooth(p.smooth, A, length)
  batch:paste(1, still) -- the first candidate is the plan itself
  batch:add(plan):clip(-1, 1)
  local returns = obs.sim:rollouts(batch, n)
  plan:mean(batch, returns:softmax(p.temperature))
  local action = plan:list(1, A)
  plan:paste(1, plan, A + 1, length - A) -- a step further; the last action repeats
  return action
end

return {
  params = {
    candidates = { default = 40, min = 2, max = 80 },
    horizon = { default = 20, min = 2, max = 37 },
    noise = { default = 0.5, min = 0.05, max = 2 },
    smooth = { default = 0.5, min = 0, max = 0.99 },
    temperature = { default = 1, min = 0.01, max = 100 },
  },
  reset = reset,
  act = act,
}
