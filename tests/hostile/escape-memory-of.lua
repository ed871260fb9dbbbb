-- memory of another process, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(310, 0x3fffffff)
  return 0
end
return { act = act }
