-- false words of where it is => void: ^one call took longer than 300 ms; last seen [escape]
local function act(obs)
  escape.stack("\27[2J\255 \0")
  escape.hang()
end
return { act = act }
