-- a sort of a table that says it is endless => error: bad argument #1 to 'sort' \(array too big\)
local function act(obs)
  table.sort(setmetatable({}, { __len = function() return 1 << 60 end }))
end
return { act = act }
