-- remainders of numbers a thousand digits apart => instructions: act used up its 200000 instructions
return { act = function() local x, y = 1e308, 3e-308 for i = 1, 10000 do local z = x % y end return 0 end }
