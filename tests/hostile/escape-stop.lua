-- a signal to a thread, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(234, 0x3fffffff, 0x3fffffff, 0)
  return 0
end
return { act = act }
