-- a message longer than the channel => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, "", 0xffffffff)
  escape.hang()
end
return { act = act }
