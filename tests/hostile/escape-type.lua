-- a message of an unknown type => nonsense: ^the worker sent something that is not a message$ [escape]
local function act(obs)
  escape.send(77, "hello")
  escape.hang()
end
return { act = act }
