-- keys that all fall into one slot => load: one call took longer than 300 ms; last seen\s+hash-collisions\.lua: [load_instructions=100000000]
local t = {}
for i = 1, 200000 do t[i * 32767 * 65535 * 131071] = i end
return { act = function() return 0 end }
