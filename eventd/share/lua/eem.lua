---@meta
-- Types of the module `eem` for lua-language-server. Not run: name this folder in the server's setting for libraries.
-- eventd-lua(3) is the manual.

---@class eem
eem = {}

---What calls raise: `pcall` returns it. `tostring` gives "FILE:LINE: message".
---@class eem.error
---@field code string "FH_..."
---@field message string
---@field where string "FILE:LINE"

---@alias eem.priority
---| "emergencies" | "alerts" | "critical" | "errors" | "warnings" | "notifications" | "informational" | "debugging"
---| "emerg" | "alert" | "crit" | "err" | "warning" | "notice" | "info" | "debug"
---| integer

---@alias eem.detector
---| "application" | "cli" | "config" | "counter" | "env" | "gold" | "identity" | "interface" | "ioswdsysmon" | "ipsla" | "mat"
---| "neighbor_discovery" | "nf" | "nhrp" | "none" | "oir" | "resource" | "rf" | "routing" | "rpc" | "snmp" | "snmp_notification"
---| "snmp_object" | "syslog" | "timer" | "timer_subscriber" | "track"

---The options of the detector's statement, `_` for `-`; those that every statement has are named here.
---@class eem.registration
---@field [1] eem.detector
---@field tag? string needed when there are several events
---@field maxrun? number seconds, 20 by default; 0: no limit
---@field ratelimit? number seconds
---@field damping? boolean|table half_life, reuse, suppress, max_suppress, cap, cap_period, key, key_pattern
---@field digest? table|number seconds to collect; maximum
---@field queue_priority? "low" | "normal" | "high" | "last"
---@field nice? 0 | 1
---@field kind? "watchdog" | "countdown" | "absolute" | "cron" of timers and timer_subscriber
---@field cron? string of cron timers
---@field [string] any

---@param registration eem.registration
function eem.register(registration) end

---@class eem.trigger
---@field correlate? string "a and b or track 10": left to right; all tags with `and` when absent
---@field occurs? integer
---@field period? number seconds
---@field period_start? string a cron entry
---@field delay? number seconds
---@field attribute? table<string, { occurs: integer }> by tag

---@param trigger eem.trigger
function eem.trigger(trigger) end

---@param text string
function eem.description(text) end

---The fields of the detector without its name, `msg` for `$_syslog_msg`; the applet's names work, too: `e._syslog_msg`.
---@class eem.event
---@field event_id integer
---@field job_id integer
---@field event_type integer
---@field event_type_string string
---@field event_pub_time number
---@field event_pub_sec integer
---@field event_pub_msec integer
---@field event_severity string
---@field event_trigger_num integer
---@field [string] any

---@return eem.event
function eem.event() end

---Of several events, by tag.
---@return table<string, eem.event>
function eem.events() end

---The event that started the run, then every further one of this policy.
---@return fun(): eem.event?
function eem.wait_events() end

---`event manager environment`, read live. Also global: `_email_to`.
---@type table<string, string?>
eem.env = {}
---@type table<string, string?>
env = {}

---@param msg any
---@param options? { priority?: eem.priority, facility?: string }
function eem.syslog(msg, options) end

---To the terminal of a synchronous run, else to the log. `print` does the same.
---@param text any
---@param options? { newline?: boolean }
function eem.puts(text, options) end

---@param prompt? string
---@return string line
function eem.gets(prompt) end

---@class eem.message
---@field server string user:password@host:port
---@field to string
---@field from? string
---@field cc? string
---@field bcc? string
---@field subject string
---@field body string
---@field port? integer
---@field secure? "tls" | "smtps" | "none"
---@field source_interface? string
---@field source_address? string
---@field no_queue? boolean

---@param message eem.message
---@return string result "sent"
function eem.mail(message) end

---@class eem.cli
---@field tty string
local cli = {}

---A session like that of `action cli command`; closed with the variable when that is `<close>`, else with the run.
---@return eem.cli
function eem.cli() end

---Types a line and reads to the prompt, which is the end of what is returned.
---@param command string
---@return string
function cli:exec(command) end

---@param line string
function cli:write(line) end

---@return string text to the prompt
function cli:read() end

---@return string line with its end
function cli:readline() end

---@return string text what is there now
function cli:drain() end

---@param pattern string a regular expression
---@param timeout? number seconds
---@return string text up to the end of the match
function cli:expect(pattern, timeout) end

function cli:close() end

---One session with `enable`; an entry may be { COMMAND, expect = RE, reply = TEXT }.
---@param commands string | (string | table)[]
---@return string[]
function eem.cli_run(commands) end

---@class eem.counter
local counter = {}

---@param name string
---@return eem.counter
function eem.counter(name) end

---@param by? integer
---@return integer
function counter:inc(by) end

---@param by? integer
---@return integer
function counter:dec(by) end

---@param value integer
---@return integer
function counter:set(value) end

---@return integer
function counter:get() end

---Shared with `action context`; survives a restart.
---@param key string
---@param values table<string, string | number | boolean>
function eem.context_save(key, values) end

---Takes them up: they are forgotten then.
---@param key string
---@return table<string, string>
function eem.context_retrieve(key) end

---Values by name, shared by all policies while eventd runs.
---@type table<string, any>
eem.store = {}

---@class eem.timer
local timer = {}

---@param name string
---@param kind? "countdown" | "watchdog" | "absolute" | "cron"
---@return eem.timer
function eem.timer(name, kind) end

---@param when number | string seconds; the time of an absolute timer; the entry of a cron timer
---@return number seconds until it expires
function timer:arm(when) end

---@return number seconds that were left
function timer:cancel() end

---Reads a tracked object, or sets a stub object.
---@param number integer
---@param state? "up" | "down"
---@return string? state
function eem.track(number, state) end

---@param event { sub_system: integer, type: integer, [integer]: any }
function eem.publish(event) end

---Runs a policy that has `event none`; does not wait for it.
---@param name string
---@param ... any
function eem.run(name, ...) end

---@param seconds number
function eem.sleep(seconds) end

---@return number seconds since eventd was started
function eem.uptime() end

---@return number seconds since 1970
function eem.time() end

---Ends the run well, wherever it is.
---@param status? integer
function eem.exit(status) end

---A file of the policy's own directory.
---@param name string
---@return string
function eem.file(name) end

---@param trap? { intdata1?: integer, intdata2?: integer, strdata?: string }
function eem.snmp_trap(trap) end

---The answer to the request of a snmp_object event.
---@param kind "counter" | "counter64" | "gauge" | "int" | "ipv4" | "octet" | "oid" | "string" | "uint"
---@param value any
---@param next_oid? string of a getnext in a table
function eem.snmp_reply(kind, value, next_oid) end

---@class eem.snmp_target
---@field community? string with version 3 the name of a user
---@field ipaddr? string
---@field udp_port? integer
---@field version? "1" | "2c" | "3"
---@field context? string

---Identifier and value of an object.
---@param oid string
---@param get_type? "exact" | "next"
---@param target? eem.snmp_target the device's own agent when nil
---@return string oid, string value
function eem.snmp_get(oid, get_type, target) end

---@param oid string
---@param kind "counter" | "counter64" | "gauge" | "int" | "ipv4" | "octet" | "oid" | "string" | "uint"
---@param value any
---@param target? eem.snmp_target
---@return string oid, string value
function eem.snmp_set(oid, kind, value, target) end

---@param msg any
function eem.cns_event(msg) end

---@param text any
function eem.telemetry(text) end

function eem.reload() end

function eem.switchover() end

---@param path string
---@param ... any
function eem.exec(path, ...) end

---@param name string
---@param what string
function eem.service(name, what) end

---@param what "cli" | "mail"
---@param on? boolean
function eem.debug(what, on) end

---@class eem.process
---@field pid integer
---@field parent integer
---@field name string
---@field state string "R", "S", ...
---@field threads integer
---@field cpu number seconds
---@field memory integer bytes that are resident

---@class eem.info
---@field routername fun(): string
---@field interface_names fun(filter?: { include?: string, exclude?: string, regexp?: string }): string[]
---@field cpu fun(seconds?: number): { count: integer, used: number, user: number, system: number, wait: number, load1: number, load5: number, load15: number }
---@field memory fun(): { total: integer, free: integer, available: integer, used: integer, swap_total: integer, swap_free: integer }
---@field process fun(which: string | integer): eem.process?
---@field processes fun(): eem.process[]
---@field cli_history fun(): string[]
---@field syslog_history fun(): string[]
---@field cli_frequency fun(): { pattern: string, match_count: integer, raise_count: integer }[]
---@field syslog_frequency fun(): { pattern: string, match_count: integer, raise_count: integer }[]
---@field [string] fun(): any
eem.info = {}
