-- memory used up before the policy is loaded => load: memory-load\.lua:3: loading used up its 2048 KiB of memory [memory_kib=2048]
local t = {}
while true do t[#t + 1] = {} end
