-- Looks every second, and remembers across runs.
eem.register{ "timer", kind = "watchdog", time = 1, name = "pulse" }

eem.event()
eem.store.pulse = (eem.store.pulse or 0) + 1
eem.syslog("pulse " .. eem.store.pulse, { priority = "debugging" })
