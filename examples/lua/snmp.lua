-- The processor above 80 % for the last minute.
eem.register{ "snmp", oid = "1.3.6.1.4.1.9.9.109.1.1.1.1.7.1", get_type = "exact", entry_op = "ge", entry_val = "80",
	poll_interval = 60 }

local e = eem.event()
eem.syslog(("%s is %s"):format(e.oid, e.oid_val), { priority = "warnings" })
