-- a made-up episode with a made-up return => forged: ^what the worker reports is not what its actions give$ [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 0, "", 1, 0, 500, 1, "\0\1\0", 0, 0))
  escape.hang()
end
return { act = act }
