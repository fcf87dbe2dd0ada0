-- A default route that comes or goes.
eem.register{ "routing", network = "0.0.0.0/0", type = "all" }

local e = eem.event()
eem.syslog(("%s/%s: %s"):format(e.network, e.prefix_len, e.type))
