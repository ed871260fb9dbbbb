-- a note at a step that is not there => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, escape.pack("utUUdUtuUtu", 0, "", 1, 0, 500, 1, "\0\1\0", 1, 99, "text", 0))
  escape.hang()
end
return { act = act }
