-- an error message that is not UTF-8 => error: ^error-utf8\.lua:3: \?\?\?A
local function act(obs)
  error("\xff\xfe\xc0A")
end
return { act = act }
