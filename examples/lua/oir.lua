-- Hardware that is plugged in or pulled out.
eem.register{ "oir", event = "all" }

local e = eem.event()
eem.syslog(("slot %s: %s"):format(e.slot, e.event))
