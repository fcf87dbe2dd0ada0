-- Says so when a peer has been quiet for a minute: every message from it sets the timer anew, with
-- eem.timer("quiet"):arm(60) in a policy that has registered for them.
eem.register{ "timer_subscriber", name = "quiet", kind = "countdown" }

local e = eem.event()
eem.syslog(("nothing was heard until %.0f"):format(e.timer_time), { priority = "warnings" })
