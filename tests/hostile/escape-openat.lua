-- openat, from a broken VM => worker: ^the worker made a system call that the jail forbids$ [escape]
local function act(obs)
  escape.syscall(257, -100, "/etc/passwd")
  return 0
end
return { act = act }
