-- a parameter that is not a number => load: params\.x: default must be a number from min to max
return { params = { x = { default = 0/0 } }, act = function() return 0 end }
