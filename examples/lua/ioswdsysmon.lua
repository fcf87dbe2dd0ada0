-- A process that takes more than half of a processor while another one grows.
eem.register{ "ioswdsysmon", timewin = 60,
	sub1 = { cpu_proc = { taskname = "bgpd", op = "gt", val = 50, period = 10 } },
	sub12_op = "and", sub2 = { mem_proc = { taskname = "bgpd", op = "ge", val = 20, is_percent = true } } }

local e = eem.event()
eem.syslog(("%s takes %s %%"):format(e.ioswd_sub1_taskname, e.ioswd_sub1_value), { priority = "warnings" })
