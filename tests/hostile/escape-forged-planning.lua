-- a made-up episode with more planner steps than can be => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 0, "", 1, 7, 500, 1, "\0\1\0", 0, 0))
  escape.hang()
end
return { act = act }
