-- memory made executable, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(10, 0x200000000000, 4096, 7)
  return 0
end
return { act = act }
