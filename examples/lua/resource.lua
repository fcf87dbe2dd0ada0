-- A resource that crosses the threshold of its policy.
eem.register{ "resource", policy = "memory" }

local e = eem.event()
eem.syslog(("%s is %s: %s of %s"):format(e.policy_id, e.direction, e.current_value, e.configured_threshold))
