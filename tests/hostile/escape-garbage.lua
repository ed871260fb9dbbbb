-- a message of random bytes => nonsense: not a message [escape]
local function act(obs)
  escape.send(4, ("\x93\x01\xff"):rep(999))
  escape.hang()
end
return { act = act }
