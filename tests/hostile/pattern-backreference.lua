-- a back reference at every length => error: this pattern may take
local s = ("a"):rep(20000)
local function act(obs)
  return s:find("(.+)x%1y")
end
return { act = act }
