-- coroutines until there is no memory => memory: ^coroutine-memory\.lua:5: act used up its 2048 KiB of memory: \d+ bytes more, with \d+ KiB in use [memory_kib=2048 act_instructions=100000000]
local function act(obs)
  local list = {}
  while true do
    list[#list + 1] = coroutine.create(function() end)
  end
end
return { act = act }
