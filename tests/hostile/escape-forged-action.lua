-- a made-up episode with actions that do not exist => nonsense: action "push" of step 1 is out of bounds [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 0, "", 1, 0, 500, 1, "\0\9\0", 0, 0))
  escape.hang()
end
return { act = act }
