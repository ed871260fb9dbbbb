-- an error message of a megabyte => error: ^error-huge\.lua:3: x{800}
local function act(obs)
  error(("x"):rep(1000):rep(1000))
end
return { act = act }
