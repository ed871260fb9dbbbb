-- a weak table => error: gc-weak\.lua:3: __mode: weak tables are not allowed
local function act(obs)
  setmetatable({}, { __mode = "k" })
end
return { act = act }
