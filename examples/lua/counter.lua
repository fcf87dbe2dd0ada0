-- Once when the counter passes five, and again only after it fell below two.
eem.register{ "counter", name = "retries", entry_op = "gt", entry_val = 5, exit_op = "lt", exit_val = 2 }

local e = eem.event()
eem.syslog(("%s stands at %d"):format(e.name, e.value), { priority = "warnings" })
