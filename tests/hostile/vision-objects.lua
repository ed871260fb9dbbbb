-- a picture made of single pixels, every one an object => instructions: in the library.s objects [observation=frame env=breakout]
local picture
local function act(obs)
  if not picture then
    local colors = {}
    for i = 1, 40000 do colors[i] = i end
    picture = image(200, 200, colors)
  end
  while true do picture:objects(0) end
end
return { act = act }
