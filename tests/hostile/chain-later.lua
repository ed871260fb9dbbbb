-- keys that lie apart in 8,192 nodes and in one chain in 16,384 => instructions: act used up its 200000 instructions: this call takes \d{8}
local t = {}
for i = 1, 8192 do t[(i + (1 << 40)) * 16383] = i end
return { act = function() t.x = 1 return 0 end }
