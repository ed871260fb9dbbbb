-- a hang inside a C function => void: ^one call took longer than 300 ms; last seen\n  in the library.s hang\n  escape-hang\.lua:3: in the function of line 2$ [escape]
local function act(obs)
  escape.hang()
end
return { act = act }
