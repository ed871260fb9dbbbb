-- table.unpack of 10^8 elements => instructions: this call takes 125000003
local function act(obs)
  return table.unpack({}, 1, 100000000)
end
return { act = act }
