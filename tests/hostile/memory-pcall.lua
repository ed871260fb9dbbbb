-- memory errors that are hidden => instructions: act used up its 20000 instructions [memory_kib=2048 act_instructions=20000]
local function act(obs)
  while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end
end
return { act = act }
