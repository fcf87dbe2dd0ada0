-- Saving waits for us, and what we return decides: 0 skips the command, anything else lets it run.
-- While `event manager environment _freeze yes` stands, nothing is saved.
eem.register{ "cli", pattern = [[^write memory]], sync = true, default = 20 }

local e = eem.event()
if _freeze ~= "yes" then
	return 1
end
eem.syslog("refused: " .. e.msg, { priority = "warnings" })
return 0
