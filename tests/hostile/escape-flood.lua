-- messages without end => nonsense: not a message [escape act_instructions=100000000]
local function act(obs)
  while true do escape.send(2, ("x"):rep(100000)) end
end
return { act = act }
