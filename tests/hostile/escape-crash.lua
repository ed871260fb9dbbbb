-- a broken VM that crashes => worker: ^the worker was ended by signal 11 \(Segmentation fault\)$ [escape]
local function act(obs)
  escape.crash()
end
return { act = act }
