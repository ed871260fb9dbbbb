-- a plain find that is quadratic => instructions: this call takes \d+
local s, n = ("a"):rep(200000), ("a"):rep(100000) .. "b"
local function act(obs)
  return s:find(n, 1, true)
end
return { act = act }
