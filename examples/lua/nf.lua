-- A flow to the resolver that carries much.
eem.register{ "nf", monitor_name = "EDGE", event_type = "update",
	event1 = { field = "bytes", rate_interval = 10, entry_value = "100000", entry_op = "gt" },
	event2 = { field = "destination-address", entry_value = "192.0.2.53", entry_op = "eq" } }

local e = eem.event()
eem.syslog(("%s sends %s to %s"):format(e.source_address, e.event1_value, e.dest_address))
