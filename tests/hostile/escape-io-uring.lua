-- io_uring, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(425, 1)
  return 0
end
return { act = act }
