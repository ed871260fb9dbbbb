-- swing.lua - the car is too weak for the hill, so it first takes a run-up by pushing left.
-- From the right part of the valley one run-up is enough; from further left it needs a swing to the right
-- before. How long each push lasts follows from where the car starts (the best switch times, fitted).
local step, right, left

local function act(obs)
  if not step then
    step = 0
    local start = obs.position
    right = start < -0.4715 and 12 + 40 * (-0.47 - start) or 0
    left = right > 0 and right + 38 or 32 + 60 * (-0.4 - start)
  end
  step = step + 1
  return (step <= right or step > left) and 2 or 0
end

return { act = act }
