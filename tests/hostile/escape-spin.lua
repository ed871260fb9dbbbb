-- false progress for ever => void: ^one episode took longer than 400 ms; last seen\n  in the library.s spin [escape episode_ms=400]
local function act(obs)
  escape.spin()
end
return { act = act }
