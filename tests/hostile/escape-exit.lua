-- a broken VM that ends the worker => worker: ^the worker ended with status 3$ [escape]
local function act(obs)
  escape.leave(3)
end
return { act = act }
