-- start_plan_rounds.lua - a sampling planner (MPPI) in two rounds of noise, of which the second refines what came out
-- of the first. It also values where its plans end: alive, upright, and not about to fly out of reach.
local A, HORIZON, ROUNDS = 8, 15, 2
local LENGTH = A * HORIZON
local WIDTH = 105 -- numbers of an observation: 1 is z, 3 and 4 are x and y of the orientation, 14 is dx/dt, 16 is dz/dt
local GRAVITY, LIMIT = 9.81, 0.98 -- m/s^2; m, of which the environment allows 1
local LASTING, HEIGHT = 10, 30 -- what a step that is played is worth besides, and what a metre too high costs
local SMOOTH = 0.5
local SLACK = 20 -- the best candidate is taken where the mean of all is worse by more
local p, candidates, batch
local plan = vec.new(LENGTH)

-- What each of n candidates is worth.
local function judge(sim, actions, n)
  local worth, played, last = sim:rollouts(actions, n, 1, true)
  local tilt, tip = last:column(3, WIDTH), last:column(4, WIDTH)
  tilt:mul(tilt)
  worth:axpy(-2 * p.upright, tilt:add(tip:mul(tip))) -- the body's own z axis, up: 1 - 2 (x^2 + y^2)
  local rise = last:column(16, WIDTH):clip(0, 100)
  local height = last:column(1, WIDTH):axpy(1 / (2 * GRAVITY), rise:mul(rise)) -- where it would fly to
  worth:axpy(-HEIGHT, height:add(-LIMIT):clip(0, 100))
  worth:axpy(p.ahead, last:column(14, WIDTH))
  return worth:axpy(LASTING, played)
end

local function act(obs)
  local noise, best, at = p.noise, nil, nil
  for _ = 1, ROUNDS do
    batch:normal(noise):smooth(SMOOTH, A, LENGTH)
    batch:add(plan):clip(-1, 1)
    batch:paste(1, plan) -- the first candidate is the plan itself
    local worth = judge(obs.sim, batch, candidates)
    best, at = worth:max()
    plan:mean(batch, worth:softmax(p.temperature))
    noise = noise * p.shrink
  end
  if best - judge(obs.sim, plan, 1)[1] > SLACK then
    plan:paste(1, batch, (at - 1) * LENGTH + 1, LENGTH)
  end
  local action = plan:list(1, A)
  plan:paste(1, plan, A + 1, LENGTH - A) -- a step further; the last action repeats
  return action
end

return {
  params = {
    budget = { default = 1200, min = 600, max = 2380 }, -- planner steps an act
    ahead = { default = 2, min = 0, max = 10 }, -- what a plan that ends at 1 m/s is worth
    upright = { default = 10, min = 0, max = 20 }, -- what a plan that ends upright is worth
    noise = { default = 0.35, min = 0.1, max = 1 },
    shrink = { default = 0.6, min = 0.2, max = 1 }, -- of the noise, from round to round
    temperature = { default = 2, min = 0.1, max = 4 },
  },
  reset = function(info)
    p = info.params
    plan:fill(0)
    candidates = math.floor(p.budget) // (ROUNDS * HORIZON)
    batch = vec.new(candidates * LENGTH)
  end,
  act = act,
}
