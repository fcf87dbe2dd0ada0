-- A part of the machine that is too hot, or a fan that stands.
eem.register{ "env", severity = "major" }

local e = eem.event()
eem.syslog("environment: " .. e.event_severity, { priority = "critical" })
