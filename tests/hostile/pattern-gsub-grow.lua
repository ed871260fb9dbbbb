-- gsub that makes a lot of little => memory|instructions: gsub
local function act(obs)
  local s = "xxxxxxxx"
  while true do s = s:gsub("x", "xxxxxxxxxxxxxxxx") end
end
return { act = act }
