-- table.move of 10^15 elements => instructions: this call takes \d+
local function act(obs)
  table.move(setmetatable({}, { __index = type }), 1, 1000000000000000, 2)
end
return { act = act }
