-- A probe that times out, and that is answered again.
eem.register{ "ipsla", operation_id = 10, reaction_type = "timeout" }

local e = eem.event()
eem.syslog(("probe %s: timeout %s"):format(e.oper_id, e.condition))
