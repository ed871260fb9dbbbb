-- a policy whose table answers to everything => load: params is a string, not a table
return setmetatable({}, { __index = function(t, k) return k end })
