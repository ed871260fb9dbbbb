-- start_plan_rounds.lua - a sampling planner (MPPI) that spends a budget of planner steps an act on one round of
-- noise, or on two of which the second refines what came out of the first.
local A, BUDGET = 8, 1200
local WIDTH = 105 -- numbers of an observation; 3 and 4 are x and y of the orientation
local p, plan, batch, rounds, candidates, length

local function reset(info)
  p = info.params
  local horizon = math.floor(p.horizon + 0.5)
  rounds = math.floor(p.rounds + 0.5)
  candidates = BUDGET // (rounds * horizon)
  length = A * horizon
  plan = vec.new(length)
  batch = vec.new(candidates * length)
end

local function act(obs)
  local noise = p.noise
  for _ = 1, rounds do
    batch:normal(noise):smooth(p.smooth, A, length)
    batch:add(plan):clip(-1, 1)
    batch:paste(1, plan) -- the first candidate is the plan itself
    local returns, _, last = obs.sim:rollouts(batch, candidates, 1, true)
    local tilt = last:column(3, WIDTH)
    tilt:mul(tilt)
    local tip = last:column(4, WIDTH)
    returns:axpy(-2 * p.upright, tilt:add(tip:mul(tip))) -- the body's own z axis, up: 1 - 2 (x^2 + y^2)
    plan:mean(batch, returns:softmax(p.temperature))
    noise = noise * p.shrink
  end
  local action = plan:list(1, A)
  plan:paste(1, plan, A + 1, length - A) -- a step further; the last action repeats
  return action
end

return {
  params = {
    upright = { default = 5, min = 0, max = 20 }, -- what a plan that ends upright is worth
    rounds = { default = 2, min = 0.5, max = 2.4 }, -- a whole number of them, rounded
    horizon = { default = 15, min = 8, max = 24 }, -- steps, rounded
    noise = { default = 0.5, min = 0.1, max = 1.5 },
    shrink = { default = 0.6, min = 0.2, max = 1 }, -- of the noise, from round to round
    smooth = { default = 0.5, min = 0, max = 0.9 },
    temperature = { default = 1, min = 0.1, max = 5 },
  },
  reset = reset,
  act = act,
}
