-- start.lua - goes to a height, throws, and bends the ball's way: where learning starts.
local p, since

local function reset(info)
  p = info.params
  since = 0
end

-- UP and DOWN move the bowler before the throw and bend the ball after it.
local function act(obs)
  if obs.ball_x > obs.player_x + 12 then
    local way = obs.ball_x > p.bend_at and p.bend or 0
    since = 0
    return way > 0.5 and 2 or way < -0.5 and 3 or 0
  end
  since = since + 1
  if obs.player_y < p.height - 0.5 then return 2 end
  if obs.player_y > p.height + 0.5 then return 3 end
  return since % 4 == 0 and 1 or 0
end

return {
  params = {
    height = { default = 11.8029, min = 0, max = 30 },
    bend_at = { default = 117.219, min = 20, max = 140 }, -- the ball's x
    bend = { default = 0.937857, min = -1, max = 1 }, -- up, down, or in between not at all
  },
  reset = reset,
  act = act,
}
