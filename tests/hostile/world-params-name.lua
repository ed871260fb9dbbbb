-- a parameter with a name of 100 bytes => load: params: names are strings of at most 47 bytes
return { params = { [("x"):rep(100)] = { default = 0 } }, act = function() return 0 end }
