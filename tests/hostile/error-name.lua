-- an error object with a hostile __name => error: ^an error object that is a table
local function act(obs)
  error(setmetatable({}, { __name = ("x"):rep(100000) }))
end
return { act = act }
