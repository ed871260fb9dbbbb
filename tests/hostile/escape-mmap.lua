-- executable memory, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(9, 0, 4096, 7, 34, -1)
  return 0
end
return { act = act }
