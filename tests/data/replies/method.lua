local policy = {}
function policy.act(obs)
  return obs.angle > 0 and 1 or 0
end
return policy
