-- a write to the terminal, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(1, 2, "hello", 5)
  return 0
end
return { act = act }
