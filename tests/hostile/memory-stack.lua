-- a recursion that needs more memory than there is => memory: act used up its 1024 KiB of memory [memory_kib=1024 act_instructions=100000000]
local function act(obs)
  local function f(x) return 1 + f(x) end
  return f(1)
end
return { act = act }
