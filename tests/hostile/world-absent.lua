-- what reaches outside => none: nothing [max_frames=5]
for _, name in ipairs { "io", "os", "require", "package", "debug", "dofile", "loadfile", "load",
  "loadstring", "collectgarbage", "utf8", "warn", "escape" } do
  assert(_G[name] == nil, name)
end
assert(string.dump == nil and string.pack == nil)
return { act = function() return 0 end }
