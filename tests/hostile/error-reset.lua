-- an error in reset => error: error-reset\.lua:3: not today
local function reset(info)
  error("not today")
end
local function act(obs)
  return 0
end
return { act = act, reset = reset }
