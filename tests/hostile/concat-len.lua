-- table.concat of a table that says it is endless => error: concat-len\.lua:3: a table with __len is not taken here
local function act(obs)
  return table.concat(setmetatable({}, { __len = function() return 1e9 end, __index = tostring }))
end
return { act = act }
