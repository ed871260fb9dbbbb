-- a million notes that are not there => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuu", 0, "", 1, 0, 500, 1, "\0\1\0", 1000000, 0))
  escape.hang()
end
return { act = act }
