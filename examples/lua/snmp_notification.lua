-- A trap of another device: its link went down.
eem.register{ "snmp_notification", oid = "1.3.6.1.2.1.2.2.1.8", oid_val = "2", op = "eq", direction = "incoming" }

local e = eem.event()
eem.syslog(("%s reports %s"):format(e.snmp_notif_src_ip_addr, e.snmp_notif_trap_oid), { priority = "warnings" })
