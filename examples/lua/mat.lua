-- An address that shows up in the bridge table.
eem.register{ "mat", interface = "eth0", type = "add", hold_down = 5 }

local e = eem.event()
eem.syslog(("%s: %s of %s"):format(e.intf_name, e.notification, e.mac_address))
