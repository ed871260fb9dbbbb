-- a gigabyte of string.rep => instructions: ^string-rep\.lua:3: act used up its 200000 instructions: this call takes \d+, and \d+ were left\n  in the library.s rep\n  string-rep\.lua:3: in the function of line 2$
local function act(obs)
  return #("xy"):rep(500000000)
end
return { act = act }
