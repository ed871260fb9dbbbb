-- an error object that is a table => error: ^an error object that is a table\n  in the library.s error\n  error-table\.lua:3: in the function of line 2
local function act(obs)
  error({})
end
return { act = act }
