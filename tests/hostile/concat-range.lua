-- table.concat of 10^15 elements => instructions: this call takes \d+
local function act(obs)
  return table.concat(setmetatable({}, { __index = tostring }), "", 1, 1000000000000000)
end
return { act = act }
