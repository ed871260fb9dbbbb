-- a signal to another process, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(62, 0x3fffffff, 0)
  return 0
end
return { act = act }
