-- 25,000 whole numbers that lie in one chain => instructions: act used up its 200000 instructions
return { act = function(obs) local t = {} for i = 1, 25000 do t[i * 32767 * 65535] = i end return obs.angle + obs.angular_velocity / 2 > 0 and 1 or 0 end }
