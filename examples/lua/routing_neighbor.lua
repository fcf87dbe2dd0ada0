-- A BGP neighbor that is lost, and why.
eem.register{ "routing_neighbor", protocol = "bgp", state = "down" }

local e = eem.event()
eem.syslog(("%s of AS %d: %s"):format(e.neighbor_address, e.neighbor_as, e.neighbor_reason))
