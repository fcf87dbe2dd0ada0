-- Answers who asks for an object of our own.
eem.register{ "snmp_object", oid = "1.3.6.1.4.1.8072.9999.1", type = "int", sync = true, skip = true }

if eem.event().snmp_request ~= "set" then
	eem.snmp_reply("int", eem.counter("asked"):inc(1))
end
