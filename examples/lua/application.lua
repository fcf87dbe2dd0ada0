-- Somebody published an event for us: `action publish-event sub-system 798 type 42 arg1 "..."`, or eem.publish.
eem.register{ "application", sub_system = 798, type = 42 }

local e = eem.event()
eem.syslog(("told %s by sub-system %d"):format(e.data1, e.sub_system))
