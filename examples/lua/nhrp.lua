-- What the Next Hop Resolution Protocol has to say.
eem.register{ "nhrp" }

local e = eem.event()
eem.syslog(("%s, %d arguments"):format(e.msg, e.argc))
