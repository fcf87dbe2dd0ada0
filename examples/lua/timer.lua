-- Every night at three. The entry may come from the environment: cron = _cron_entry.
eem.register{ "timer", kind = "cron", cron = "0 3 * * *", name = "nightly" }

local e = eem.event()
eem.store.last = e.timer_time_sec
eem.syslog(("nightly work, %s timer"):format(e.timer_type))
