-- The module `eem`, as policies see it: eventd-lua(3) is its manual, eventd/share/lua/eem.lua its types.
-- Runs inside the policy's process before the policy; `call` asks the engine and raises what it refuses.

local call, where, error_meta, mode, policy = ...
local registering = mode == "register"
local registered = false

local type, pairs, ipairs, next, select, tostring, tonumber = type, pairs, ipairs, next, select, tostring, tonumber
local setmetatable, rawget, error, load, concat = setmetatable, rawget, error, load, table.concat

local eem = {}

-- Errors --------------------------------------------------------------------------------------------------------------

function error_meta.__tostring(e)
	local at = e.where ~= "" and e.where .. ": " or ""
	return at .. tostring(e.message)
end
error_meta.__name = "eem.error"

local function raise(code, message, ...)
	error(setmetatable({ code = code, message = message:format(...), where = where() }, error_meta), 0)
end

-- A file is registered by running it up to its first call that is none of registration: no way back from there.
local function ask(name, args)
	if registering and not registered then
		raise("FH_ENOTREG", "eem.%s comes before any eem.register", name)
	end
	return call(registering and "exit" or name, args or {})
end

-- Registration and its like: calls of that mode, and nothing when the policy runs.
local function enrol(name, args)
	return registering and call(name, args) or nil
end

local function expect(what, value, ...)
	for i = 1, select("#", ...) do
		if type(value) == select(i, ...) then
			return value
		end
	end
	raise("FH_EBADFMT", "%s takes a %s, not a %s", what, concat({ ... }, " or a "), type(value))
end

-- What stands by name in a table of arguments, and what by position.
local function split(t)
	local named, list = {}, {}
	for k, v in pairs(t) do
		if type(k) == "string" then
			named[k] = v
		end
	end
	for i, v in ipairs(t) do
		list[i] = v
	end
	return named, list
end

-- A table in a table of options, `digest = { 60, maximum = 5 }`: its positions go under a name of their own.
local function nested(t)
	local named, list = split(t)
	if next(named) == nil or list[1] == nil then
		return t
	end
	named[""] = list
	return named
end

-- A call that is an action of applets: its keywords by name, its bare values by position.
local function action(name, named, list)
	return ask(name, { named = named or {}, list = list or {} })
end

-- Registration --------------------------------------------------------------------------------------------------------

-- Seconds in the older spelling: maxrun_sec, maxrun_nsec.
local function whole_seconds(t, name)
	local sec, nsec = t[name .. "_sec"], t[name .. "_nsec"]
	if sec or nsec then
		t[name .. "_sec"], t[name .. "_nsec"] = nil, nil
		t[name] = t[name] or (sec or 0) + (nsec or 0) / 1e9
	end
end

function eem.register(t)
	local options, list = split(expect("eem.register", t, "table"))
	local args = { detector = list[1], options = options, list = { table.unpack(list, 2) } }
	for _, name in ipairs { "tag", "queue_priority", "nice" } do
		args[name], options[name] = options[name], nil
	end
	for name, value in pairs(options) do
		options[name] = type(value) == "table" and nested(value) or value
	end
	whole_seconds(options, "maxrun")
	whole_seconds(options, "ratelimit")
	-- What the applet's statement has by position goes by name here: `event track 10`.
	if list[1] == "track" and options.object then
		args.list, options.object = { options.object }, nil
	end
	if list[1] == "timer" and options.kind then
		local kind = options.kind
		options.kind = nil
		if kind == "cron" and type(options.cron) == "string" then
			options.cron_entry = options.cron
		end
		options[kind] = true
	end
	enrol("register", args)
	registered = true
end

function eem.trigger(t)
	enrol("trigger", expect("eem.trigger", t, "table"))
end

function eem.description(text)
	enrol("description", { text = expect("eem.description", text, "string") })
end

-- Events --------------------------------------------------------------------------------------------------------------

-- `e.msg` and, for those who know applets, `e._syslog_msg`: the longest name that ends so.
local event_meta = {}

function event_meta.__index(e, key)
	if type(key) ~= "string" or key:sub(1, 1) ~= "_" then
		return nil
	end
	local name = key:sub(2)
	while name do
		local value = rawget(e, name)
		if value ~= nil then
			return value
		end
		name = name:match("^[^_]*_(.+)$")
	end
end

local function as_event(t)
	return t and setmetatable(t, event_meta)
end

function eem.event()
	return as_event(ask("event"))
end

function eem.events()
	local all = ask("events")
	for _, e in pairs(all) do
		as_event(e)
	end
	return all
end

-- The event that started the run, then every further one: the run goes on until the policy is unregistered.
function eem.wait_events()
	local first = true
	return function()
		if first then
			first = false
			return eem.event()
		end
		return as_event(ask("wait"))
	end
end

-- Environment ---------------------------------------------------------------------------------------------------------

local function env_get(_, name)
	if type(name) ~= "string" then
		return nil
	end
	return call("env", { name = name })
end

eem.env = setmetatable({}, {
	__index = env_get,
	__newindex = function(_, name)
		raise("FH_EREADONLY", "eem.env.%s: policies read the environment, `event manager environment` sets it", name)
	end,
	__pairs = function()
		return next, ask("env_all")
	end,
	__metatable = false,
})

-- Messages ------------------------------------------------------------------------------------------------------------

function eem.syslog(msg, options)
	local named = split(options or {})
	named.msg = tostring(msg)
	if named.priority then
		named.priority = tostring(named.priority)
	end
	action("syslog", named)
end

function eem.puts(text, options)
	action("puts", { nonewline = (options and (options.nonewline or options.newline == false)) or nil }, { tostring(text) })
end

function eem.gets(prompt)
	return ask("gets", { prompt = prompt })
end

function eem.mail(t)
	return action("mail", (split(expect("eem.mail", t, "table"))))
end

-- CLI -----------------------------------------------------------------------------------------------------------------

local session = {}
session.__index = session
session.__name = "eem.cli"

function eem.cli()
	local id = ask("cli_open").session
	return setmetatable({ session = id, tty = "EEM:" .. policy }, session)
end

function session:exec(command)
	return ask("cli_exec", { session = self.session, text = command })
end

function session:write(line)
	ask("cli_write", { session = self.session, text = line })
end

function session:read()
	return ask("cli_read", { session = self.session })
end

function session:readline()
	return ask("cli_readline", { session = self.session })
end

function session:drain()
	return ask("cli_drain", { session = self.session })
end

function session:expect(pattern, timeout)
	return ask("cli_expect", { session = self.session, pattern = pattern, timeout = timeout })
end

function session:close()
	if self.session then
		ask("cli_close", { session = self.session })
		self.session = nil
	end
end
session.__close = session.close

-- Commands in a session of their own, after `enable`; an entry may be {command, expect=, reply=, ...}.
function eem.cli_run(commands)
	local c <close> = eem.cli()
	local out = {}
	c:exec("enable")
	for i, entry in ipairs(type(commands) == "table" and commands or { commands }) do
		if type(entry) == "table" then
			c:write(entry[1])
			local text = c:expect(entry.expect)
			for j = 2, #entry, 2 do
				c:write(entry[j])
				text = text .. c:expect(entry[j + 1] or "[#>]")
			end
			if entry.reply then
				c:write(entry.reply)
				text = text .. c:read()
			end
			out[i] = text
		else
			out[i] = c:exec(entry)
		end
	end
	return out
end

-- State: counters, contexts, a store, timers, tracks ------------------------------------------------------------------

local counter = {}
counter.__index = counter

local function change(self, op, value)
	return tonumber((action("counter", { name = self.name, op = op, value = value and tostring(value) })))
end

function eem.counter(name)
	return setmetatable({ name = expect("eem.counter", name, "string") }, counter)
end

function counter:inc(by) return change(self, "inc", by or 1) end
function counter:dec(by) return change(self, "dec", by or 1) end
function counter:set(value) return change(self, "set", value) end
function counter:get() return change(self, "nop") end

function eem.context_save(key, values)
	ask("context_save", { key = expect("eem.context_save", key, "string"), values = expect("eem.context_save", values, "table") })
end

function eem.context_retrieve(key)
	return ask("context_retrieve", { key = expect("eem.context_retrieve", key, "string") })
end

eem.store = setmetatable({}, {
	__index = function(_, name) return ask("store_get", { name = name }) end,
	__newindex = function(_, name, value) ask("store_set", { name = name, value = value }) end,
	__pairs = function() return next, ask("store_all") end,
	__metatable = false,
})

local timer = {}
timer.__index = timer

function eem.timer(name, kind)
	return setmetatable({ name = expect("eem.timer", name, "string"), kind = kind or "countdown" }, timer)
end

-- Seconds, the time of an absolute timer, or the entry of a cron timer.
function timer:arm(when)
	return ask("timer_arm", { name = self.name, kind = self.kind, when = when })
end

function timer:cancel()
	return ask("timer_cancel", { name = self.name, kind = self.kind })
end

-- A keyword's own table in which values stand by position: applets/lua/args.h.
function eem.track(number, state)
	if state then
		return action("track", { set = { [""] = { number }, state = state } }) and nil
	end
	return action("track", { read = { [""] = { number } } })
end

-- Others --------------------------------------------------------------------------------------------------------------

function eem.publish(t)
	local named, list = split(expect("eem.publish", t, "table"))
	for i, v in ipairs(list) do
		named["arg" .. i] = tostring(v)
	end
	action("publish", named)
end

function eem.run(name, ...)
	local args = { ... }
	for i, v in ipairs(args) do
		args[i] = tostring(v)
	end
	ask("run", { name = name, args = args })
end

function eem.sleep(seconds)
	ask("sleep", { seconds = seconds })
end

function eem.snmp_trap(t)
	action("snmp_trap", (split(t or {})))
end

function eem.snmp_reply(kind, value, next_oid)
	action("snmp_reply", { next_oid = next_oid }, { kind, tostring(value) })
end

-- Identifier and value of an object; `target` says whose: { community=, ipaddr=, udp_port=, version= }.
function eem.snmp_get(oid, get_type, target)
	local args = split(target or {})
	args[""], args.get_type = { tostring(oid) }, get_type or "exact"
	local found = action("info", { type = true, snmp = true, oid = args })
	return found.snmp_oid, found.snmp_value
end

-- Sets an object; the kind of value is as in eem.snmp_reply.
function eem.snmp_set(oid, kind, value, target)
	local args = split(target or {})
	args[""], args.oid, args.oid_type = { tostring(value) }, tostring(oid), kind
	local found = action("info", { type = true, snmp = true, set = args })
	return found.snmp_oid, found.snmp_value
end

function eem.cns_event(msg)
	action("cns_event", { msg = tostring(msg) })
end

function eem.telemetry(text)
	action("telemetry", nil, { tostring(text) })
end

function eem.reload() action("reload") end
function eem.switchover() action("switchover") end
function eem.exec() ask("forbidden", { what = "eem.exec" }) end
function eem.service() ask("forbidden", { what = "eem.service" }) end
function eem.uptime() return ask("uptime") end
function eem.time() return ask("time") end
function eem.exit(status) ask("exit", { status = status or 0 }) end

-- A file of the policy's own directory.
function eem.file(name)
	return ask("file", { name = name })
end

function eem.debug(what, on)
	ask("debug", { what = what, on = on ~= false })
end

-- `action info type CLI|SYSLOG history` and `frequency`: one variable a record, numbered from 1.
local function history(what, field)
	local all, list = action("info", { type = true, [what] = true, history = {} }), {}
	while all[what .. "_hist_" .. field .. "_" .. #list + 1] do
		list[#list + 1] = all[what .. "_hist_" .. field .. "_" .. #list + 1]
	end
	return list
end

local function frequency(what)
	local all, list = action("info", { type = true, [what] = true, frequency = {} }), {}
	local function field(name, i)
		return all[what .. "_freq_" .. name .. "_" .. i]
	end
	while field("pattern", #list + 1) do
		local i = #list + 1
		list[i] = { pattern = field("pattern", i), match_count = tonumber(field("match_count", i)),
			raise_count = tonumber(field("raise_count", i)) }
	end
	return list
end

-- The first process of this name, or that of this number.
local function process(which)
	for _, p in ipairs(ask("info_processes")) do
		if p.name == which or p.pid == which then
			return p
		end
	end
	return nil
end

eem.info = setmetatable({
	routername = function() return ask("routername") end,
	cpu = function(seconds) return ask("info_cpu", { seconds = seconds or 1 }) end,
	memory = function() return ask("info_memory") end,
	processes = function() return ask("info_processes") end,
	process = process,
	cli_history = function() return history("cli", "cmd") end,
	syslog_history = function() return history("syslog", "msg") end,
	cli_frequency = function() return frequency("cli") end,
	syslog_frequency = function() return frequency("syslog") end,
	interface_names = function(filter)
		local names = {}
		local all = action("info", { type = true, interface_names = split(filter or {}) })
		for name in (all.interface_names or ""):gmatch("%S+") do
			names[#names + 1] = name
		end
		return names
	end,
}, {
	__index = function(_, name)
		return function() return ask("missing", { what = "eem.info." .. name }) end
	end,
})

-- Globals -------------------------------------------------------------------------------------------------------------

-- Libraries come from `event manager directory user library`, else from beside the policy.
local loaded = { eem = eem }

function require(name)
	expect("require", name, "string")
	if registering and not registered then
		raise("FH_ENOTREG", "require comes before any eem.register")
	end
	if loaded[name] == nil then
		local text = ask("file", { name = name .. ".lua", library = true })
		local chunk, why = load(text, "@" .. name .. ".lua", "t")
		if not chunk then
			error(why, 0)
		end
		local value = chunk(name)
		loaded[name] = value == nil and true or value
	end
	return loaded[name]
end

function print(...)
	local words = {}
	for i = 1, select("#", ...) do
		words[i] = tostring((select(i, ...)))
	end
	eem.puts(concat(words, "\t"))
end

_G.eem = eem
_G.env = eem.env

-- Environment variables are globals, too (eem-language 7.6); what is set here is the policy's own.
setmetatable(_G, { __index = env_get, __metatable = false })
