-- keys of a megabyte, made and looked up => instructions: act used up its 200000 instructions
local s = ("k"):rep(1000000)
local function act(obs)
  local t = {}
  while true do t[s .. 1] = 1 end
end
return { act = act }
