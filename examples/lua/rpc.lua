-- Started by a request over SSH; what it was given comes back.
eem.register{ "rpc", default = 10 }

local e = eem.event()
print(("%d arguments, the first is %s"):format(e.argc - 1, e.arg1))
