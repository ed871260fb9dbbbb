-- 2^40 ways of a? => error: this pattern may take
local function act(obs)
  return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40) .. "b")
end
return { act = act }
