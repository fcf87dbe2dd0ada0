-- A test of a card that fails for the first time.
eem.register{ "gold", card = "all", new_failure = true, severity_major = true }

local e = eem.event()
eem.syslog(("card %s: %s"):format(e.card, e.event_severity), { priority = "errors" })
