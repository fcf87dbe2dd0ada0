"""Lua policies: registration and its refusals, the calls of the module `eem`, and the walls around a policy."""

import os
import re
import time

import pytest

import tree
from badsmtp import BadSmtp


class Policies:
    """A directory of policies and an eventd that knows it."""

    def __init__(self, new_daemon, directory):
        self.new_daemon, self.dir = new_daemon, directory
        os.makedirs(self.dir, mode=0o755, exist_ok=True)
        self.daemon = None

    def write(self, name, text, mode=0o644):
        path = os.path.join(self.dir, name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def start(self, *names, config=(), **how):
        lines = ["event manager directory user policy %s" % self.dir, "event manager directory user library %s" % self.dir]
        self.daemon = self.new_daemon(config=list(config) + lines + ["event manager policy %s" % n for n in names], **how)
        return self.daemon

    def run(self, body, *arguments, options="sync = true, maxrun = 20", name="p.lua", config=(), **how):
        """One policy with this body behind a `none` registration, run to its end; what it printed."""
        self.write(name, "eem.register{ \"none\", %s } local event = eem.event()\n%s" % (options, body))
        daemon = self.start(name, config=config, **how)
        return daemon.run(name, *arguments)

    def registered(self):
        return [p["name"] for p in self.daemon.json("show event manager policy registered")["policies"]]


@pytest.fixture
def policies(new_daemon, tmp_path):
    return Policies(new_daemon, str(tmp_path / "policies"))


def lines(answer):
    assert answer.code == 0, answer.out + answer.err
    return answer.out.splitlines()


# --- registration ---


def test_registration_is_shown(policies):
    policies.write("a.lua", 'eem.register{ "syslog", pattern = [[%LINK-3-UPDOWN]], occurs = 3, period = 60, queue_priority = "low" }\n'
                            'eem.description "watches links"\n')
    daemon = policies.start("a.lua")
    out = daemon.show("show event manager policy registered")
    assert re.search(r"^1    script    user    syslog              Off   .*  a\.lua$", out, re.M), out
    assert " occurs 3 pattern {%LINK-3-UPDOWN} period 60" in out
    assert " nice 0 queue-priority low maxrun 20.000 scheduler rp_primary Secu none\n" in out
    assert daemon.json("show event manager policy registered")["policies"][0]["description"] == "watches links"
    assert "event manager policy a.lua\n" in daemon.show("show running-config")
    assert daemon.show("show event manager directory user policy") == policies.dir + "\n"
    assert re.search(r"^1    user    .* a\.lua$", daemon.show("show event manager policy available"), re.M)


REGISTRATION_ERRORS = [
    ("eem.register{ 'none' }\nif x then\n  y =\nend\n", r"p\.lua:4: unexpected symbol near 'end'"),
    ("eem.register{ 'none', sink = true }\n", r"p\.lua:1: unknown option 'sink': did you mean 'sync'\?"),
    ("\n\neem.register{ 'nun' }\n", r"p\.lua:3: no event detector 'nun'"),
    ("eem.register{ 'syslog' }\n", r"p\.lua:1: 'pattern' is missing"),
    ("eem.register{ 'syslog', pattern = '(' }\n", r"p\.lua:1: 'pattern': "),
    ("eem.register{ 'syslog', pattern = 'x', occurs = 40 }\n", r"p\.lua:1: 'occurs' takes a number from 1 to 32"),
    ("eem.register{ 'syslog', pattern = {} }\n", r"p\.lua:1: 'pattern' takes a text or a number, not a table"),
    ("eem.register{ 'timer', kind = 'cron', cron = '99 * * * *' }\n", r"p\.lua:1: "),
    ("local x = eem.event()\neem.register{ 'none' }\n", r"p\.lua:1: eem\.event comes before any eem\.register"),
    ("-- nothing\n", r"p\.lua: there is no eem\.register"),
    ("eem.register{ 'none' }\neem.register{ 'none' }\n", r"p\.lua:2: several events need a tag each"),
    ("eem.register{ 'none', tag = 'a' }\neem.trigger{ correlate = 'a xor b' }\n", r"p\.lua:2: 'correlate': 'xor'"),
    ("error('no ' .. 'way')\n", r"p\.lua:1: no way"),
    ("while true do end\n", r"p\.lua: the file did not come to its end within 5 seconds"),
]


@pytest.mark.parametrize("text,expected", REGISTRATION_ERRORS)
def test_registration_errors_name_file_and_line(policies, text, expected):
    policies.write("p.lua", text)
    daemon = policies.start("p.lua")
    daemon.wait_log(r"EEM Register event failed: Error unable to parse EEM policy for registration commands\.")
    daemon.wait_log(r"EEM configuration: failed to create intermediate policy registration file: " + expected)
    assert policies.registered() == []


def test_refused_when_typed(policies):
    policies.write("bytecode.lua", b"\x1bLua\x54\x00\x19\x93\r\n\x1a\n")
    policies.write("others.lua", "eem.register{ 'none' }\n", mode=0o666)
    policies.write("good.lua", "eem.register{ 'none' }\n")
    os.symlink("good.lua", os.path.join(policies.dir, "link.lua"))
    os.mkdir(os.path.join(policies.dir, "dir.lua"))
    daemon = policies.start("good.lua")
    for name, why in [("missing.lua", "EEM configuration: policy file could not be found"),
                      ("bytecode.lua", "EEM configuration: policy bytecode.lua is bytecode: only Lua text is taken"),
                      ("others.lua", "EEM configuration: policy others.lua can be written by others (mode 0666)"),
                      ("link.lua", "EEM configuration: policy link.lua: Too many levels of symbolic links"),
                      ("dir.lua", "EEM configuration: policy dir.lua is no regular file"),
                      ("../good.lua", "EEM configuration: ../good.lua is no name of a policy file"),
                      ("good.lua", "EEM configuration: policy good.lua is already registered")]:
        answer = daemon.ctl("configure terminal", "event manager policy " + name)
        assert answer.code == 1 and why in answer.out + answer.err, (name, answer)
    assert policies.registered() == ["good.lua"]


def test_a_changed_file_needs_another_registration(policies):
    policies.write("p.lua", "eem.register{ 'none', sync = true }\nprint('old')\n")
    daemon = policies.start("p.lua")
    policies.write("p.lua", "eem.register{ 'none', sync = true }\nprint('new')\n")
    assert daemon.run("p.lua").out == "old\n"
    daemon.configure("no event manager policy p.lua")
    assert daemon.run("p.lua").out == "EEM policy p.lua not registered with event none Event Detector\n"
    daemon.configure("event manager policy p.lua")
    assert tree.wait_for(lambda: policies.registered())
    assert daemon.run("p.lua").out == "new\n"


def test_a_policy_that_failed_gets_another_try(policies):
    policies.write("p.lua", "eem.register{ 'nothing' }\n")
    daemon = policies.start("p.lua")
    daemon.wait_log("no event detector 'nothing'")
    policies.write("p.lua", "eem.register{ 'none' }\n")
    daemon.configure("event manager policy p.lua")
    assert tree.wait_for(lambda: policies.registered() == ["p.lua"])


def test_a_failed_registration_is_told_where_it_was_typed_and_shown(policies):
    policies.write("bad.lua", "eem.register{ 'syslog', pattern = 'x', occurs = 40 }\n")
    policies.write("good.lua", "eem.register{ 'none' }\n")
    daemon = policies.start("good.lua")
    why = "bad.lua:1: 'occurs' takes a number from 1 to 32"
    typed = daemon.ctl("configure terminal", "event manager policy bad.lua", "end")
    assert typed.code == 0
    assert [line for line in typed.out.splitlines() if line.startswith("% ")] == [
        "% EEM Register event failed: Error unable to parse EEM policy for registration commands.",
        "% EEM configuration: failed to create intermediate policy registration file: " + why], typed
    shown = daemon.show("show event manager policy available")
    assert re.search(r"  bad\.lua\n not registered: %s\n" % re.escape(why), shown), shown
    assert [p["refusal"] for p in daemon.json("show event manager policy available user")["policies"]] == [why, None]
    refused = daemon.run("bad.lua")
    assert refused.code == 1
    assert refused.out == ("EEM policy bad.lua not registered with event none Event Detector\n"
                           "% not registered: " + why + "\n")
    # Gone with the line, and with the next try.
    policies.write("bad.lua", "eem.register{ 'none', sync = true }\nprint('fine')\n")
    daemon.configure("event manager policy bad.lua")
    assert "not registered" not in daemon.show("show event manager policy available")
    assert daemon.run("bad.lua").out == "fine\n"


def test_a_policy_can_be_run_in_the_line_behind_its_registration(policies):
    policies.write("p.lua", "eem.register{ 'none', sync = true }\nprint('there')\n")
    daemon = policies.start()
    answer = daemon.ctl("configure terminal", "event manager policy p.lua", "end", "event manager run p.lua")
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "there"), answer


def test_policies_are_registered_in_order(policies):
    for name in "abcdefgh":
        policies.write(name + ".lua", "eem.register{ 'none' }\nfor i = 1, %d do end\n" % (2000000 if name == "a" else 1))
    policies.start(*(name + ".lua" for name in "abcdefgh"))
    assert policies.registered() == [name + ".lua" for name in "abcdefgh"]


def test_names_are_shared_with_applets(policies):
    policies.write("x", "eem.register{ 'none' }\n")
    daemon = policies.start(config=["event manager applet x", " event none", " action 1 puts \"applet\""])
    daemon.configure("event manager policy x")
    daemon.wait_log("EEM Register event failed: policy x: an applet has this name")
    assert daemon.json("show event manager policy registered")["policies"][0]["class"] == "applet"


# --- runs ---


def test_status_arguments_history(policies):
    answer = policies.run("local e = eem.event()\nprint(e.event_type_string, e.argc, e.arg1, e.arg2, e._none_arg1, math.type(e.event_id))\n"
                          "return 3\n", "one", "two")
    assert lines(answer) == ["none\t2\tone\ttwo\tone\tinteger"]
    history = policies.daemon.json("show event manager history events")["events"]
    assert [(h["class"], h["name"], h["status"]) for h in history] == [("script", "p.lua", "success")]
    assert "script: p.lua" in policies.daemon.show("show event manager history events")


def test_errors_name_file_and_line(policies):
    answer = policies.run("local function f()\n  return nil + 1\nend\nf()\n")
    assert answer.code == 1 and "Policy aborted at statement p.lua:3" in answer.out + answer.err
    policies.daemon.wait_log(r"%HA_EM-3-FMPD_SCRIPT: p\.lua:3: attempt to perform arithmetic on a nil value")
    policies.daemon.wait_log(r"%HA_EM-3-FMPD_ERROR: Error executing policy p\.lua statement p\.lua:3")
    assert "abort" in policies.daemon.show("show event manager history events")


def test_errors_of_calls_are_values(policies):
    answer = policies.run("""
local ok, e = pcall(eem.syslog, "x", { priority = "loud" })
print(ok, type(e), e.code, e.where)
ok, e = pcall(eem.mail, { server = "h", to = "a@b", sujbect = "x" })
print(ok, e.message)
ok, e = pcall(eem.exec, "/bin/sh")
print(e.code, e.message)
ok, e = pcall(function() return eem.info.humidity() end)
print(e.code, e)
ok, e = pcall(eem.syslog, print)
eem.run("p.lua.none")
""")
    out = answer.out.splitlines()
    assert out[0] == "false\ttable\tFH_EBADFMT\tp.lua:3"
    assert out[1] == "false\tunknown option 'sujbect': did you mean 'subject'?"
    assert out[2] == "FH_EPERM\teem.exec: policies run no programs of the host"
    assert out[3] == "FH_ENOSYS\tp.lua:9: eem.info.humidity: this release does not have it"
    assert answer.code == 1
    policies.daemon.wait_log(r"FMPD_SCRIPT: p\.lua:12: EEM policy p\.lua\.none not registered with event none Event Detector")


def test_environment(policies):
    answer = policies.run("""
print(_where, env._where, eem.env._where, eem.env._nothing, _nothing)
_where = "here"
print(_where, eem.env._where)
for name, value in pairs(eem.env) do print(name, value) end
print(pcall(function() eem.env._x = 1 end))
local c <close> = eem.cli()
c:exec("enable"); c:exec("configure terminal"); c:exec("event manager environment _late yes")
print(_late)
""", config=["event manager environment _where router one"])
    out = lines(answer)
    assert out[0] == "router one\trouter one\trouter one\tnil\tnil"
    assert out[1] == "here\trouter one"
    assert out[2] == "_where\trouter one"
    assert out[3].startswith("false\tp.lua:7: eem.env._x: policies read the environment")
    assert out[4] == "yes"


def test_environment_in_the_registration(policies):
    policies.write("p.lua", "eem.register{ 'timer', kind = 'cron', cron = _cron_entry, name = 'nightly' }\n")
    daemon = policies.start("p.lua", config=["event manager environment _cron_entry 0 3 * * *"])
    assert "name {nightly} cron entry {0 3 * * *}" in daemon.show("show event manager policy registered")


def test_messages_and_terminal(policies):
    answer = policies.run('eem.syslog("up", { priority = "warnings", facility = "LAB" })\neem.syslog("plain")\n'
                          'eem.puts("a", { newline = false })\neem.puts("b")\nprint(1, nil, true)\n')
    assert answer.out == "ab\n1\tnil\ttrue\n"
    policies.daemon.wait_log("%LAB-4-LOG: p.lua: up")
    policies.daemon.wait_log("%HA_EM-6-LOG: p.lua: plain")


def test_print_without_terminal_is_logged(policies):
    policies.run('print("to", "the log")\nlocal ok, e = pcall(eem.gets)\nprint(e.message)\n', options="sync = false")
    policies.daemon.wait_log("%HA_EM-6-LOG: p.lua: to\tthe log")
    policies.daemon.wait_log("eem.gets: this run has no terminal")


def test_gets(policies):
    policies.write("p.lua", 'eem.register{ "none", sync = true }\nlocal name = eem.gets("who? ")\nprint("hello " .. name)\n')
    daemon = policies.start("p.lua")
    answer = daemon.ctl("event manager run p.lua", input="world\n")
    assert answer.code == 0 and answer.out.endswith("hello world\n"), answer


def test_cli_sessions(policies):
    answer = policies.run(r"""
local c <close> = eem.cli()
c:exec("enable")
print((c:exec("show event manager version"):match("Version [%d.]+")))
c:write("configure terminal"); c:read()
c:write("hostname lua")
print((c:expect("lua.config.#"):match("%S+$")))
c:exec("end")
c:write("show hostname"); print(#c:readline() >= 0)
c:read()
local d = eem.cli()
d:write("event manager run other.lua")
d:read(); d:close()
print(pcall(d.exec, d, "x"))
print(pcall(c.expect, c, "never", 0.05))
print(pcall(c.exec, c, "two\nlines"))
print(#eem.cli_run{ "show clock", "show event manager version" })
""")
    out = lines(answer)
    assert out[0] == "Version 4.00" and out[1] == "lua(config)#" and out[2] == "true"
    assert out[3].startswith("false") and "the CLI session is closed" in out[3]
    assert "did not match in time" in out[4] and "a command is one line" in out[5]
    assert out[6] == "2"


def test_cli_debug(policies):
    policies.write("p.lua", 'eem.register{ "none", sync = true }\nlocal c <close> = eem.cli()\nc:exec("show clock")\n')
    daemon = policies.start("p.lua")
    assert daemon.ctl("debug event manager action cli", "event manager run p.lua").code == 0
    daemon.wait_log(r"%HA_EM-6-LOG: p\.lua : DEBUG\(cli_lib\) : : CTL : cli_open called\.")
    daemon.wait_log(r"DEBUG\(cli_lib\) : : IN  : \S+>show clock")
    daemon.wait_log(r"DEBUG\(cli_lib\) : : CTL : cli_close called\.")


def test_state(policies):
    answer = policies.run(r"""
local ct = eem.counter("c")
print(ct:inc(2), ct:inc(), ct:dec(), ct:set(10), ct:get())
eem.store.n = { 1, 2, name = nil }
eem.store.t = "text"
print(#eem.store.n, eem.store.t, eem.store.nothing)
eem.store.t = nil
print(eem.store.t)
eem.context_save("k", { a = 1, b = "two\0three", octets = "\xff\xfe" })
local t = eem.context_retrieve("k")
print(t.a, #t.b, #t.octets, t.octets:byte(1))
local ok, e = pcall(eem.context_retrieve, "k")
print(e.code)
""")
    assert lines(answer) == ["2\t3\t2\t10\t10", "2\ttext\tnil", "nil", "1\t9\t2\t255", "FH_ENOSUCHKEY"]


def test_contexts_are_those_of_applets(policies):
    answer = policies.run('eem.context_save("k", { x = 5 })\n',
                          config=["event manager applet READ", " event none sync yes", " action 1 context retrieve key k variable x",
                                  " action 2 puts \"x is $x\""])
    assert answer.code == 0
    assert policies.daemon.run("READ").out == "x is 5\n"


def test_events_reach_others(policies):
    policies.write("sub.lua", 'eem.register{ "application", sub_system = 798, type = 7 }\nlocal e = eem.event()\n'
                              'eem.syslog(("got %s %s %d"):format(e.data1, e.data2, e.type))\n')
    policies.write("none.lua", 'eem.register{ "none" }\neem.syslog("ran with " .. eem.event().arg1)\n')
    policies.write("p.lua", 'eem.register{ "none", sync = true }\neem.publish{ sub_system = 798, type = 7, "a", "b" }\neem.run("none.lua", "x")\n')
    daemon = policies.start("sub.lua", "none.lua", "p.lua")
    assert daemon.run("p.lua").code == 0
    daemon.wait_log("sub.lua: got a b 7")
    daemon.wait_log("none.lua: ran with x")


def test_options_that_are_tables(policies):
    ways = {"a.lua": ("digest = 60", "digest 60.000"), "b.lua": ("digest = { 60 }", "digest 60.000"),
            "c.lua": ("digest = { 60, maximum = 5 }", "digest 60.000 maximum 5"), "d.lua": ("damping = true", "damping"),
            "e.lua": ("damping = { half_life = 10, suppress = 3000 }", "damping half-life 10.000 suppress 3000"),
            "f.lua": ("damping = false", "")}
    for name, (option, _) in ways.items():
        policies.write(name, "eem.register{ 'counter', name = 'c', entry_op = 'gt', entry_val = 3, %s }\n" % option)
    policies.write("g.lua", "eem.register{ 'none', digest = { 60, maximums = 5 } }\n")
    daemon = policies.start(*ways, "g.lua")
    daemon.wait_log("g.lua:1: digest: unknown option 'maximums': did you mean 'maximum'")
    events = {p["name"]: p["event"] for p in daemon.json("show event manager policy registered")["policies"]}
    assert {name: event.split("entry-op gt", 1)[1].strip() for name, event in events.items()} == {
        name: shown for name, (_, shown) in ways.items()}


def test_several_events(policies):
    policies.write("p.lua", """
eem.register{ "none", tag = "run" }
eem.register{ "syslog", tag = "link", pattern = "LAB-.-LOG" }
eem.trigger{ correlate = "run and link" }
local all = eem.events()
eem.syslog("tags " .. tostring(all.run ~= nil) .. " " .. all.link.facility .. " " .. eem.event().event_type_string)
""")
    policies.write("log.lua", 'eem.register{ "none" }\neem.syslog("x", { facility = "LAB" })\n')
    daemon = policies.start("p.lua", "log.lua")
    out = daemon.show("show event manager policy registered")
    assert " 1: run: none: " in out and "  correlate event run and event link" in out
    daemon.run("log.lua")
    daemon.wait_log("%LAB-6-LOG: log.lua: x")
    daemon.run("p.lua")
    daemon.wait_log("p.lua: tags true LAB multiple")


def test_waiting_for_events(policies):
    policies.write("p.lua", """
eem.register{ "none", maxrun = 2 }
local n = 0
for e in eem.wait_events() do
  n = n + 1
  eem.syslog("event " .. n .. " " .. e.arg1)
end
eem.syslog("over after " .. n)
""")
    daemon = policies.start("p.lua")
    for i in range(3):
        daemon.run("p.lua", "arg%d" % i)
        daemon.wait_log("p.lua: event %d arg%d" % (i + 1, i))
    assert len(daemon.json("show event manager policy active")["policies"]) == 1
    time.sleep(2.2)  # longer than maxrun: its clock stands still while the policy waits
    daemon.run("p.lua", "late")
    daemon.wait_log("p.lua: event 4 late")
    daemon.configure("no event manager policy p.lua")
    daemon.wait_log("p.lua: over after 4")
    assert [h["status"] for h in daemon.json("show event manager history events")["events"]] == ["success"]


def test_info(policies):
    answer = policies.run("""
local names = table.concat(eem.info.interface_names{ include = "lo" }, " ")
print((" " .. names .. " "):find(" lo ", 1, true) ~= nil, #eem.info.interface_names{ regexp = "^nothing$" })
local c <close> = eem.cli()
c:exec("show clock")
local messages = eem.info.syslog_history()
print(#messages > 0, messages[1]:match("%%%S+:"))
print(math.type(eem.info.syslog_frequency()[1].match_count), eem.info.syslog_frequency()[1].pattern, #eem.info.cli_frequency())
print(type(eem.info.cli_history()))
""", config=["event manager applet W", " event syslog pattern \"WATCHED\"", " action 1 comment x"])
    out = lines(answer)
    assert out[0] == "true\t0" and out[1].startswith("true\t%"), out
    assert out[2] == "integer\tWATCHED\t0" and out[3] == "table", out


def test_info_of_the_machine(policies):
    answer = policies.run("""
local c = eem.info.cpu(0.05)
print(c.count >= 1, c.used >= 0 and c.used <= 100, c.user + c.system + c.wait <= 100.01, c.load1 >= 0)
local m = eem.info.memory()
print(math.type(m.total), m.used + m.available == m.total, m.free <= m.total, m.swap_free <= m.swap_total)
local mine = false
for _, p in ipairs(eem.info.processes()) do
  mine = mine or p.name == "eventd-lua" and p.memory > 0 and p.threads == 1 and p.parent > 0
end
print(mine, eem.info.process(1).pid, eem.info.process("eventd-lua").name)
print(#eem.info.processes() > 1, eem.info.process("no such process"))
print(select(2, pcall(eem.info.cpu, -1)).code, select(2, pcall(eem.info.humidity)).code)
""")
    assert lines(answer) == ["true\ttrue\ttrue\ttrue", "integer\ttrue\ttrue\ttrue", "true\t1\teventd-lua",
                             "true\tnil", "FH_EBADFMT\tFH_ENOSYS"]


def test_timers_run_those_who_subscribed(policies):
    policies.write("armed.lua", 'eem.register{ "timer_subscriber", name = "t1" }\nlocal e = eem.event()\n'
                                'eem.syslog(("%s %s %d"):format(e.timer_type, e.event_type_string, e.timer_remain > 0 and 1 or 0))\n')
    policies.write("cron.lua", 'eem.register{ "timer_subscriber", name = "t1", kind = "cron" }\neem.syslog("never")\n')
    policies.write("p.lua", """eem.register{ "none", sync = true }
local t = eem.timer("t1")
print(t:cancel(), t:arm(600) > 599, t:arm(1) <= 1)
print(eem.timer("t1", "watchdog"):arm(3000) > 2999, eem.timer("t1", "watchdog"):cancel() > 2999, eem.timer("t1", "watchdog"):cancel())
print(eem.timer("t1", "absolute"):arm(eem.time() + 5000) > 4990, eem.timer("t1", "cron"):arm("0 0 1 1 *") > 0)
for _, bad in ipairs{ { "countdown", 0.5 }, { "countdown", "x" }, { "cron", "99 * * * *" }, { "cron", 5 }, { "cron", "@reboot" }, { "hourglass", 5 } } do
  print(select(2, pcall(function() eem.timer("t1", bad[1]):arm(bad[2]) end)))
end
""")
    daemon = policies.start("armed.lua", "cron.lua", "p.lua")
    out = lines(daemon.run("p.lua"))
    assert out[:3] == ["0.0\ttrue\ttrue", "true\ttrue\t0.0", "true\ttrue"]
    assert [line.split(": ", 1)[1] for line in out[3:]] == [
        "a timer takes one second at least", "'when' takes seconds from 0 to 2085978495", "cron: minute '99' is not within 0-59",
        "a cron timer takes a cron entry", "@reboot has no time to wait for",
        "eem.timer: a timer is a watchdog, a countdown, absolute or cron"]
    daemon.wait_log("armed.lua: countdown timer countdown 0")
    assert "cron.lua: never" not in daemon.show("show logging")
    shown = daemon.show("show event manager policy registered")
    assert "timer subscriber" in shown and " name {t1} subscriber\n" in shown and "timer cron" in shown


def test_subscribing_is_for_scripts(policies):
    daemon = policies.start()
    answer = daemon.ctl("configure terminal", "event manager applet A", "event timer-subscriber name t1")
    assert answer.code == 1 and "Invalid input" in answer.out


def test_debug_of_one_run(policies):
    policies.run("""
eem.debug("cli")
local c <close> = eem.cli()
c:exec("enable")
eem.debug("cli", false)
c:exec("show clock")
print(select(2, pcall(eem.debug, "nothing")))
""")
    log = policies.daemon.show("show logging")
    assert "p.lua : DEBUG(cli_lib) : : CTL : cli_open called." in log and ": IN  : " in log and ">enable" in log
    assert "show clock" not in log


def test_debug_of_the_mails_of_one_run(policies):
    with BadSmtp() as server:
        policies.run("""
local function send(subject)
  eem.mail{ server = "127.0.0.1", port = %d, to = "a@example.net", from = "b@example.net", subject = subject, body = "x", no_queue = true }
end
eem.debug("mail")
send("shown")
eem.debug("mail", false)
send("silent")
""" % server.port)
        server.settle()
        assert len(server.mails) == 2
    log = policies.daemon.show("show logging")
    assert log.count("DEBUG(smtp_lib) : smtp_connect_attempt: 1") == 1 and log.count("smtp_write: RCPT TO:<a@example.net>") == 1, log


def test_debug_of_scripts(policies):
    policies.write("p.lua", 'eem.register{ "none", sync = true }\npcall(eem.timer("t").arm, eem.timer("t"), 0)\n'
                            'local c <close> = eem.cli()\nc:exec("show clock")\n')
    daemon = policies.start("p.lua", config=["event manager applet A", " event none sync yes", ' action 1 cli command "show version"'])
    for words in ("api errors", "tcl cli_library", "policydir", "tcl commands"):
        assert daemon.show("debug event manager " + words) == "Debug EEM %s debugging is on\n" % words
    assert daemon.run("p.lua").code == 0 and daemon.run("A").code == 0
    daemon.configure("no event manager policy p.lua", "event manager policy p.lua")
    log = daemon.show("show logging")
    assert "p.lua : DEBUG(fh_api) : p.lua:2: eem.timer_arm: FH_EBADFMT: a timer takes one second at least" in log
    assert "p.lua : DEBUG(cli_lib) : : IN  : " in log and "show clock" in log and "show version" not in log
    assert "p.lua : DEBUG(lua) : p.lua:4: cli_exec" in log and "eem.cli_exec" not in log
    assert "EEM: policy directory %s: p.lua: found" % policies.dir in log
    daemon.show("debug event manager api calls")
    daemon.show("undebug event manager tcl commands")
    assert tree.wait_for(lambda: policies.registered().count("p.lua"))
    daemon.run("p.lua")
    assert "p.lua : DEBUG(fh_api) : p.lua:4: eem.cli_exec" in daemon.show("show logging")


def test_sleep_time_exit(policies):
    answer = policies.run("local a = eem.uptime()\neem.sleep(0.05)\nprint(eem.uptime() - a >= 0.05, eem.time() > 1.7e9)\n"
                          "print(pcall(eem.sleep, -1))\neem.exit(0)\nprint('never')\n")
    out = lines(answer)
    assert out[0] == "true\ttrue" and "takes seconds from 0" in out[1] and len(out) == 2


def test_libraries_and_files(policies):
    policies.write("util.lua", "local M = {}\nfunction M.double(x) return 2 * x end\nreturn M\n")
    policies.write("broken.lua", "return +\n")
    policies.write("data.txt", b"octets \xff\x00 end")
    answer = policies.run("""
local util = require "util"
print(util.double(21), require "util" == util)
local data = eem.file("data.txt")
print(#data, data:byte(8))
print(pcall(require, "broken"))
print(pcall(eem.file, "../startup-config"))
print(pcall(eem.file, "/etc/passwd"))
print(pcall(eem.file, "none.txt"))
""")
    out = lines(answer)
    assert out[0] == "42\ttrue" and out[1] == "13\t255"
    assert "broken.lua:1: unexpected symbol" in out[2]
    assert all(o.startswith("false") for o in out[3:6])
    assert "root" not in answer.out


def test_mail(policies):
    with BadSmtp() as server:
        answer = policies.run("""
print(eem.mail{ server = "127.0.0.1", port = %d, to = "noc@example.net", from = "r1@example.net",
                subject = "Link $down", body = "first\\nsecond \\\\n" })
local ok, e = pcall(eem.mail, { server = "127.0.0.1", port = 1, to = "noc@example.net", subject = "x", body = "y", no_queue = true })
print(ok, e.code)
print(e.message)
""" % server.port)
        out = lines(answer)
        assert out[0] == "sent" and out[1] == "false\tFH_ESMTP"
        assert out[2].startswith("Error occurred when sending mail to SMTP server: 127.0.0.1 : error in connecting to SMTP server")
        mail = server.mails[0]
        assert mail.recipients == ["noc@example.net"] and "Subject: Link $down\r\n" in mail.text
        assert "first\r\nsecond \\n\r\n" in mail.text
        assert "FMPD_ERROR" not in policies.daemon.show("show logging")


# --- the walls ---


def processes_of(daemon, role):
    return [p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-lua" and p["role"] == role]


def test_maxrun_ends_what_no_hook_can_stop(policies):
    body = "pcall(function() string.find((\"a\"):rep(60000), (\".-\"):rep(40) .. \"b\") end)\nwhile true do end\n"
    begin = time.monotonic()
    answer = policies.run(body, options="sync = true, maxrun = 1")
    assert answer.code == 1 and "maxrun" in answer.out + answer.err
    assert time.monotonic() - begin >= 1
    policies.daemon.wait_log(r"%HA_EM-6-LOG: p\.lua: Process Forced Exit- MAXRUN timer expired\.")
    policies.daemon.wait_log(r"%HA_EM-3-FMPD_ERROR: Error executing policy p\.lua statement ")
    assert tree.wait_for(lambda: not processes_of(policies.daemon, "p.lua"))


@pytest.mark.parametrize("body", [
    "while true do pcall(error) end",
    "while true do pcall(eem.sleep, 0.01) end",
    "setmetatable({}, { __gc = function() while true do end end }) collectgarbage()",
    "eem.sleep(100)",
    "local c = eem.cli()\nc:expect('never')",
    "coroutine.wrap(function() while true do end end)()",
])
def test_maxrun_ends_every_wait(policies, body):
    answer = policies.run(body + "\n", options="sync = true, maxrun = 1")
    assert answer.code == 1 and "maxrun" in answer.out + answer.err
    assert policies.daemon.run("p.lua").code == 1  # the next run is not held up


def rss(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read()).group(1))


def test_memory_is_limited(policies):
    policies.write("p.lua", """
eem.register{ "none", sync = true }
print(select(2, pcall(string.rep, "x", 1 << 30)))
local t = {}
print(select(2, pcall(function() for i = 1, 1e9 do t[i] = ("y"):rep(1000) .. i end end)))
t = nil
local function deep(n) return 1 + deep(n + 1) end
print((select(2, pcall(deep, 1)):match("stack overflow")))
print((select(2, pcall(string.gsub, ("x"):rep(1e6), ".", string.rep("y", 1000))):match("not enough memory")))
local s = ("("):rep(300)
print((select(2, load("return " .. s)):match("overflow")))
print((select(2, pcall(string.find, "x", ("("):rep(100))):match("too many captures")))
""")
    daemon = policies.start("p.lua")
    before = rss(daemon.pid)
    assert lines(daemon.run("p.lua")) == ["not enough memory", "not enough memory", "stack overflow", "not enough memory",
                                          "overflow", "too many captures"]
    assert rss(daemon.pid) < before + 8192


def test_memory_error_ends_the_run(policies):
    answer = policies.run("local t = {}\nfor i = 1, 1e9 do\n  t[i] = ('y'):rep(1000) .. i\nend\n")
    assert answer.code == 1
    policies.daemon.wait_log(r"FMPD_SCRIPT: .*not enough memory")


def test_what_lua_does_not_have(policies):
    answer = policies.run(r"""
for _, name in ipairs { "os", "io", "package", "debug", "dofile", "loadfile" } do
  if rawget(_G, name) ~= nil then print(name) end
end
print(string.dump, getmetatable(""), getmetatable(_G), pcall(setmetatable, "", {}))
print(load("\27Lua"))
print(load(function() return "return 1" end) == nil)
print(load("return x", "chunk", "bt", { x = 5 })())
print(pcall(load, nil))
""")
    out = answer.out.splitlines()
    assert out[0].startswith("nil\tfalse\tfalse\tfalse"), out
    assert "attempt to load a binary chunk" in out[1]
    assert answer.code == 1 or out[-1]


def test_a_process_for_each_run_with_nothing_in_its_hands(policies):
    policies.write("p.lua", 'eem.register{ "none" }\neem.syslog("runs") eem.sleep(100)\n')
    daemon = policies.start("p.lua")
    daemon.run("p.lua")
    daemon.wait_log("p.lua: runs")

    pid = tree.wait_for(lambda: processes_of(daemon, "p.lua"))[0]
    with open("/proc/%d/status" % pid) as f:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    sanitized = "san-" in tree.BUILD  # a sanitizer lives in the same process and needs more
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == ("0" if sanitized else "2")
    assert int(status["CapEff"], 16) == 0
    if os.geteuid() == 0:
        assert "0" not in status["Uid"].split()
        assert sorted(os.listdir("/proc/%d/fd" % pid))[:2] == ["0", "1"]
        assert sanitized or len(os.listdir("/proc/%d/fd" % pid)) == 2
        assert open("/proc/%d/environ" % pid, "rb").read() == b""
    with open("/proc/%d/limits" % pid) as f:
        limits = f.read()
    assert re.search(r"Max core file size\s+0\s", limits)
    assert sanitized or re.search(r"Max open files\s+2\s", limits)
    os.kill(pid, 9)
    daemon.wait_log(r"FMPD_SCRIPT: p\.lua:2: the policy's process ended by signal 9")
    assert daemon.run("p.lua").code == 0


def test_one_process_is_kept_ready(policies):
    policies.write("p.lua", 'eem.register{ "none", sync = true }\nprint("ran")\n')
    daemon = policies.start("p.lua")
    first = tree.wait_for(lambda: processes_of(daemon, "waits for a policy"))
    assert daemon.run("p.lua").out == "ran\n"
    second = tree.wait_for(lambda: processes_of(daemon, "waits for a policy"))
    assert first and second and first != second  # each runs one policy once
    os.kill(second[0], 9)
    assert tree.wait_for(lambda: processes_of(daemon, "waits for a policy") == [])
    assert daemon.run("p.lua").out == "ran\n"
    assert tree.wait_for(lambda: processes_of(daemon, "waits for a policy"))
    daemon.configure("no event manager policy p.lua")
    assert tree.wait_for(lambda: processes_of(daemon, "waits for a policy") == [])


def test_threads_of_scripts(policies):
    policies.write("p.lua", 'eem.register{ "none" }\neem.sleep(100)\n')
    daemon = policies.start("p.lua")
    daemon.run("p.lua")
    daemon.run("p.lua")
    assert len(daemon.json("show event manager policy active")["policies"]) == 1
    assert len(daemon.json("show event manager policy pending")["policies"]) == 1
    assert "Script threads service class default\n       total:  1  running:  1  idle:  0" in daemon.show("show event manager scheduler thread")
    daemon.configure("event manager scheduler script thread class default number 2")
    assert len(daemon.json("show event manager policy active")["policies"]) == 2


def test_the_type_stubs_know_every_call(policies):
    answer = policies.run("""
local names = {}
for name in pairs(eem) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
""")
    with open(os.path.join(tree.PROJECT, "eventd/share/lua/eem.lua")) as f:
        stubs = f.read()
    known = set(re.findall(r"^function eem\.(\w+)\(", stubs, re.M)) | set(re.findall(r"^eem\.(\w+) = ", stubs, re.M))
    assert known == set(lines(answer)[0].split())


def test_the_manual_knows_every_call():
    with open(os.path.join(tree.PROJECT, "eventd/share/lua/eem.lua")) as f:
        names = re.findall(r"^function (?:eem\.|\w+:)(\w+)\(", f.read(), re.M)
    with open(os.path.join(tree.PROJECT, "eventd/share/eventd-lua.3")) as f:
        manual = f.read()
    assert [name for name in names if not re.search(r"\b%s\b" % name, manual)] == []


# --- updates from a repository ---


def test_update_copies_what_is_newer_and_registers_it_anew(policies, tmp_path):
    repository = tmp_path / "repository"
    repository.mkdir()
    for name in ("a.lua", "b.lua", "c.lua"):
        policies.write(name, 'eem.register{ "none", sync = true }\nprint("old")\n')
        os.utime(os.path.join(policies.dir, name), (1000, 1000))
    daemon = policies.start("a.lua", "b.lua", config=["event manager directory user repository %s" % repository])

    def offer(name, text, when):
        (repository / name).write_text('eem.register{ "none", sync = true }\nprint("%s")\n' % text)
        os.utime(repository / name, (when, when))

    offer("a.lua", "new", 2000)
    offer("b.lua", "older", 500)
    offer("c.lua", "unregistered", 2000)
    assert daemon.ctl("event manager update user policy").code == 0
    daemon.wait_log(r"%HA_EM-6-FMPD_UPDATE_POLICY_REGISTER: Policy update has successfully re-registered policy a\.lua")
    log = daemon.show("show logging")
    assert "FMPD_UPDATE_POLICY_COPY: Policy update has copied 49 bytes from %s/a.lua to %s/a.lua" % (repository, policies.dir) in log
    assert "FMPD_UPDATE_POLICY_UNREGISTER: Policy update has successfully unregistered policy a.lua" in log
    assert "b.lua to" not in log and "c.lua to" not in log
    assert [daemon.run(n).out for n in ("a.lua", "b.lua")] == ["new\n", "old\n"]
    assert daemon.show("event manager update user policy") == "No policy is newer in the repository\n"

    offer("b.lua", "newest", time.time() + 1000)
    assert daemon.show("event manager update user policy group ^a") == "No policy is newer in the repository\n"
    assert daemon.ctl("event manager update user policy name b.lua repository %s" % repository).code == 0
    daemon.wait_log(r"re-registered policy b\.lua")
    assert daemon.run("b.lua").out == "newest\n"


def test_update_that_is_refused(policies, tmp_path):
    policies.write("a.lua", 'eem.register{ "none" }\n')
    daemon = policies.start("a.lua")
    for command, text in (("event manager update user policy", "No EEM user repository directory has been specified"),
                          ("event manager update user policy repository %s" % tmp_path, None),
                          ("event manager update user policy name z.lua repository %s" % tmp_path, "EEM policy z.lua is not registered"),
                          ("event manager update user policy name a.lua repository %s" % tmp_path, "policy file could not be found"),
                          ("event manager update user policy name a.lua group x", "Invalid input"),
                          ("event manager update user policy repository %s/none" % tmp_path, "No such file"),
                          ("event manager update user policy group (", "Invalid input")):
        answer = daemon.ctl(command)
        assert answer.code == (1 if text else 0) and (text or "No policy is newer") in answer.out + answer.err, (command, answer.out)
    (tmp_path / "a.lua").write_bytes(b"\x1bLua")
    answer = daemon.ctl("event manager update user policy repository %s" % tmp_path)
    assert answer.code == 1 and "bytecode" in answer.out + answer.err
