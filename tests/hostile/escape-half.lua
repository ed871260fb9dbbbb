-- half of a message => void: ^one call took longer than 300 ms; last seen\n  in the library.s hang\n  escape-half\.lua:4 [escape]
local function act(obs)
  escape.send(4, "abc", 1000)
  escape.hang()
end
return { act = act }
