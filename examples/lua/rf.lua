-- This box becomes the active one of a pair.
eem.register{ "rf", event = "RF_PROG_ACTIVE" }

eem.syslog("redundancy: " .. eem.event().event, { priority = "notifications" })
