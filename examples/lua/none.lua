-- By hand: `event manager run none.lua NAME`. Prints on the terminal that asked.
eem.register{ "none", sync = true }
eem.description "says hello"

local e = eem.event()
print("hello " .. (e.argc > 0 and e.arg1 or "world") .. " from " .. eem.info.routername())
