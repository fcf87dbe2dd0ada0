-- A link that goes down while its tracked object is down, too: both within a minute.
eem.register{ "syslog", tag = "link", pattern = [[LINEPROTO-5-UPDOWN.*changed state to down]] }
eem.register{ "track", tag = "path", object = 10, state = "down" }
eem.trigger{ correlate = "link and path", period = 60 }

local all = eem.events()
eem.syslog("lost for good: " .. all.link.msg:match("Interface (%S+),"), { priority = "critical" })
