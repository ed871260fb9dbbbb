-- a fault that only the harness may find => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 6, "", 1, 0, 500, 1, "\0\1\0", 0, 0))
  escape.hang()
end
return { act = act }
