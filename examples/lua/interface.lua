-- An interface that takes more than 40 % of its bandwidth.
eem.register{ "interface", name = "eth0", parameter = "rxload", entry_op = "gt", entry_val = 100, entry_type = "value",
	poll_interval = 10 }

local e = eem.event()
eem.syslog(("%s: %s is %s"):format(e.name, e.parameter, e.value), { priority = "warnings" })
