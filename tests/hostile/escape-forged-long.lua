-- a made-up episode of a million steps => forged: what the worker reports is not [escape act_instructions=10000000]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 0, "", 1, 0, 500, 1, ("\1"):rep(1000000), 0, 0))
  escape.hang()
end
return { act = act }
