-- error(nil) => error: ^an error object that is a nil
local function act(obs)
  error(nil)
end
return { act = act }
