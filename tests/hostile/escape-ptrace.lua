-- ptrace, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(101, 3, 0x3fffffff)
  return 0
end
return { act = act }
