-- A line goes down: what the router knows about it goes out by mail.
eem.register{ "syslog", pattern = [[LINEPROTO-5-UPDOWN.*changed state to down]], ratelimit = 60 }

local e = eem.event()
local interface = e.msg:match("Interface (%S+),")

local c <close> = eem.cli()
c:exec("enable")
local log = c:exec("show logging | include " .. interface)

local ok, why = pcall(eem.mail, {
	server = _email_server, to = _email_to, from = "router@example.net", no_queue = true,
	subject = interface .. " is down", body = e.msg .. "\n\n" .. log,
})
if not ok then
	eem.syslog("no mail: " .. why.message, { priority = "errors" })
end
