-- Counts changes of the configuration; applets read the same counter.
eem.register{ "config" }

eem.event()
local n = eem.counter("config_changes"):inc()
eem.syslog("change " .. n .. " of the configuration")
