-- a comparator that raises an error => error: sort-error\.lua:3: no order
local function act(obs)
  table.sort({ 2, 1 }, function() error("no order") end)
end
return { act = act }
