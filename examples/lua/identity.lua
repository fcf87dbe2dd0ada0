-- Somebody who was not let in at a port.
eem.register{ "identity", interface = { regexp = "^eth" }, authc = "fail" }

local e = eem.event()
eem.syslog(("%s: %s is not let in"):format(e.interface, e.mac), { priority = "warnings" })
