-- new namespaces, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(272, 0x10000000)
  return 0
end
return { act = act }
