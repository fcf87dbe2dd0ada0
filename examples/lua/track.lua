-- A tracked object changes: up or down.
eem.register{ "track", object = 20, state = "any" }

local e = eem.event()
eem.syslog(("object %d is %s"):format(e.track_number, e.track_state))
