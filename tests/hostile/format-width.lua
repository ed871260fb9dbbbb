-- string.format with a width of 99999 => error: format-width\.lua:3: invalid conversion specification: '%99999d'
local function act(obs)
  return ("%99999d"):format(1)
end
return { act = act }
