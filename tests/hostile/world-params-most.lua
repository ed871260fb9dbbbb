-- 200 parameters, as many as there may be => none: nothing [max_frames=5]
local params = {}
for i = 1, 200 do
  params["p" .. i] = { default = 0, min = -1, max = 1 }
end
return { params = params, act = function() return 0 end }
