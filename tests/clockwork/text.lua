-- text.lua - addresses, numbers and comparisons as text: nothing of the process may show.
local function act(obs)
  local list = {
    tostring({}), tostring(act), tostring(print), tostring(coroutine.create(print)),
    string.format("%p %p %p", {}, "text", print), tostring(0 / 0), tostring(-(0 / 0)),
    tostring(1 / 0), tostring(-0.0), tostring(1e15), tostring(2 ^ 53), tostring(2 ^ 63),
    tostring(0.1), string.format("%.17g %a %5.3f %x %q", 0.1, 1 / 3, 2 / 3, 255, 1 / 3),
    "10" + 5, "0x10" * 2, "3" // 2, 10 .. 20, -7 // 2, -7 % 3, 7 // -2.0, -7.5 % 2,
    tostring(math.mininteger // -1), tostring(1 << 63), tostring(3 | 4.0),
    tostring("a" < "B"), tostring("Z" < "a"), tostring("\xe4" < "z"), tostring("a\0b" < "a\0c"),
    tostring(select(2, pcall(error, {}))), tostring(select(2, pcall(function() return 1 + {} end))),
    tostring(setmetatable({}, { __name = "thing" })), #string.format("%99.99f", 1e300),
    tostring(tonumber("1e1")), tostring(tonumber("0x1p-3")), tostring(tonumber("  7  ")),
    tostring(math.tointeger("8")), tostring(10 // 0.0), tostring(5.0 // 0), tostring(obs.sin),
  }
  local mix = 0
  for _, text in ipairs(list) do
    text = tostring(text)
    for i = 1, #text do mix = (mix * 31 + text:byte(i)) % 1000000007 end
  end
  note(table.concat(list, " "))
  return { mix % 4001 / 1000 - 2 }
end

return { act = act }
