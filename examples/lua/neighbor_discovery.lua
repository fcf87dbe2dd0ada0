-- Describes a port by its neighbor.
eem.register{ "neighbor_discovery", interface = { regexp = "^eth" }, lldp = "add" }

local e = eem.event()
eem.cli_run{ "configure terminal", "interface " .. e.nd_local_intf_name,
	"description to " .. e.nd_lldp_system_name .. " " .. e.nd_port_id }
