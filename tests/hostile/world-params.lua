-- 201 parameters => load: params: at most 200
local params = {}
for i = 1, 201 do params["p" .. i] = { default = 1 } end
return { params = params, act = function() return 0 end }
