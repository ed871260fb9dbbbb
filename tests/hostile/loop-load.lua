-- a loop before the policy is loaded => load: loop-load\.lua:2: loading used up its 50000 instructions\s+loop-load\.lua:2: in the chunk [load_instructions=50000]
while true do end
return {}
