-- a mark that is nowhere => error: mark-nan\.lua:3: bad argument #2 to 'mark' \(not a finite number\)
local function act(obs)
  mark("point", 0/0, 1)
end
return { act = act }
