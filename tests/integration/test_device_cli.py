"""`cli command` and the device's own CLI behind it: FRR's vtysh, a shell, a program that is typed at."""

import json
import os
import re
import subprocess
import sys

import pytest

import tree
from frr import Frr, Unavailable

FAKE = os.path.join(tree.PROJECT, "tests", "lib", "fakedevice.py")


def applet(name, *commands, options="sync yes"):
    """An applet that types the commands (`COMMAND ~ PATTERN`) and prints what each answered between brackets."""
    lines = ["event manager applet " + name, " event none " + options]
    for i, command in enumerate(commands):
        text, _, pattern = command.partition(" ~ ")
        lines.append(' action %02d.1 cli command "%s"%s' % (i, text, ' pattern "%s"' % pattern if pattern else ""))
        lines.append(' action %02d.2 puts "[$_cli_result]"' % i)
    return lines


def answers(daemon, name):
    answer = daemon.run(name)
    assert answer.code == 0, answer.out + answer.err + daemon.log()
    return re.findall(r"\[(.*?)\]\n", answer.out.replace("\r", ""), re.S)


def fake(kind):
    return {"cli": {"device": "program", "program": [sys.executable, FAKE, kind], "prompt": r"^box(\(\S+\))?[>#]$"}}


# FRR -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def frr(tmp_path_factory):
    try:
        with Frr(tmp_path_factory.mktemp("frr")) as running:
            yield running
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.fixture
def router(frr, new_daemon):
    """router(LINE...): an eventd whose device is the FRR, with these lines of configuration."""
    return lambda *config: new_daemon(config=["hostname r1", *config], settings={"cli": {"device": "vtysh", "program": frr.vtysh}})


def test_frr_answers_what_eventd_does_not_know(router):
    d = router(*applet("LOOK", "enable", "show clock", "show ip route", "show zebra client summary", "frobnicate", "show users"))
    enable, clock, route, clients, unknown, users = answers(d, "LOOK")
    assert enable == "r1#"
    assert clock.endswith("UTC " + clock.split("UTC ")[1]) and clock.endswith("\nr1#")
    assert route.endswith("frr1# ") and "Connected" not in clock
    assert "static" in clients and clients.endswith("\nfrr1# ")
    assert unknown == "% Unknown command: frobnicate\nfrr1# "
    assert "EEM:LOOK" in users and users.endswith("\nr1#")


def test_frr_is_configured(router, frr):
    d = router(*applet("CONF", "enable", "configure terminal", "interface lo", "description set by EEM?", "exit",
                       "ip route 203.0.113.0/24 blackhole", "end"))
    enable, conf, interface, description, leave, route, end = answers(d, "CONF")
    assert conf.endswith("r1(config)#")
    assert interface == "frr1(config-if)# " and description == "frr1(config-if)# "
    assert leave == "frr1(config)# " and route == "frr1(config)# " and end == "frr1# "
    assert tree.wait_for(lambda: '"blackhole":true' in frr.show("show ip route 203.0.113.0/24 json"))
    assert "description set by EEM?" in frr.show("show running-config")
    assert "ip route 203.0.113.0/24 blackhole" in frr.show("show running-config")
    assert "EEM:CONF" in d.wait_log("%SYS-5-CONFIG_I: Configured from console by .*").group()


def test_event_manager_lines_are_eventds_own_in_the_middle_of_frr(router, frr):
    d = router(*applet("MIXED", "enable", "configure terminal", "interface lo", "event manager environment _seen yes",
                       "ip route 198.51.100.0/24 blackhole", "do show event manager environment _seen", "interface lo",
                       "no event manager applet OTHER", "end", "show event manager environment _seen"),
               "event manager applet OTHER", " event none", ' action 1 syslog msg "x"')
    got = answers(d, "MIXED")
    assert got[3] == "r1(config)#"
    assert got[4] == "frr1(config)# "
    assert got[5].startswith("yes\n")
    assert got[7] == "r1(config)#" and got[8] == "r1#"
    assert got[9] == "yes\nr1#"
    assert "\nevent manager applet OTHER\n" not in d.show("show running-config")
    assert "ip route 198.51.100.0/24 blackhole" in frr.show("show running-config")


def test_a_line_of_frr_leaves_an_applet_that_is_open(router):
    d = router(*applet("EDITOR", "enable", "configure terminal", "event manager applet NEW", "event none",
                       "action 1 nonsense", "action 1 puts yes", "router-id 192.0.2.1", "end"))
    got = answers(d, "EDITOR")
    assert "% Invalid input" in got[4] and got[4].endswith("r1(config-applet)#")
    assert got[6] == "frr1(config)# " and got[7] == "frr1# "
    assert "event manager applet NEW\n event none\n action 1 puts \"yes\"\n" in d.show("show running-config")


def test_without_a_device_eventd_answers_alone(new_daemon):
    d = new_daemon(config=["hostname r1"] + applet("LOOK", "enable", "show ip bgp", "show ip route"))
    _, bgp, route = answers(d, "LOOK")
    assert "% Invalid input" in bgp
    assert route.startswith("Codes: L - local") and route.endswith("r1#")


# A shell -----------------------------------------------------------------------------------------------------------------


def shell(new_daemon, *config, name="r1"):
    return new_daemon(config=["hostname " + name, *config], settings={"cli": {"device": "shell"}})


def test_a_shell_answers(new_daemon):
    d = shell(new_daemon, *applet("SH", "enable", "echo one; echo two", "cd /tmp", "pwd", "printf 'abc'",
                                  r"printf 'name? '; read who; echo hello \$who ~ name\? $", "world", "show clock", "tty"))
    got = answers(d, "SH")
    assert got[1] == "one\ntwo\nr1$ "
    assert got[2] == "r1$ " and got[3] == "/tmp\nr1$ "  # one shell for the whole run
    assert got[4] == "abcr1$ "
    assert got[5] == "name? " and got[6] == "hello world\nr1$ "
    assert got[7].endswith("\nr1#")
    assert got[8].startswith("/dev/pts/")


def test_lines_end_with_cr_lf(new_daemon):
    d = shell(new_daemon, "event manager applet CRLF", " event none sync yes", ' action 1 cli command "enable"',
              ' action 2 cli command "echo one; echo two"', ' action 3 regexp "one\\r\\ntwo\\r\\n" "$_cli_result"',
              ' action 4 puts "crlf $_regexp_result"')
    assert d.run("CRLF").out == "crlf 1\n"


def test_a_shell_command_can_be_in_configuration_mode(new_daemon):
    d = shell(new_daemon, *applet("SH", "enable", "configure terminal", "expr 6 '*' 7", "event manager environment _a 1", "end"))
    got = answers(d, "SH")
    assert got[2] == "42\nr1$ " and got[3] == "r1(config)#" and got[4] == "r1#"


def test_maxrun_ends_the_shell_and_all_it_started(new_daemon, tmp_path):
    pids = tmp_path / "pids"
    d = shell(new_daemon, *applet("SLOW", "enable", r"sleep 1000 & echo \$\$ \$! >%s; sleep 1000" % pids, options="maxrun 3"))
    assert d.run("SLOW").code == 0
    assert tree.wait_for(lambda: pids.exists() and len(pids.read_text().split()) == 2)
    assert d.ctl("show clock").code == 0  # the engine goes on meanwhile
    assert "shell of EEM:SLOW" in d.show("show system processes")
    d.wait_log("SLOW: Process Forced Exit- MAXRUN timer expired")
    d.wait_log("%HA_EM-3-FMPD_ERROR: Error executing applet SLOW statement 01.1")
    for pid in pids.read_text().split():
        assert tree.wait_for(lambda: not alive(int(pid))), "process %s is still there" % pid
    assert "eventd-device" not in d.show("show system processes")


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_every_run_has_a_shell_of_its_own(new_daemon):
    d = shell(new_daemon, *applet("A", "enable", "X=a", r"echo \$X-\$Y"), *applet("B", "enable", "Y=b", r"echo \$X-\$Y"))
    assert answers(d, "A")[2] == "a-\nr1$ "
    assert answers(d, "B")[2] == "-b\nr1$ "
    assert answers(d, "A")[2] == "a-\nr1$ "


# A program that is typed at ------------------------------------------------------------------------------------------------


def test_questions_are_answered_through_pattern(new_daemon):
    d = new_daemon(settings=fake("plain"), config=["hostname r1"] + applet(
        "ASK", "enable", r"erase everything ~ \\[confirm\\]", "", r"rename ~ name: $", "router", "like a prompt"))
    out = d.run("ASK").out.replace("\r", "")
    assert "[Really erase? [confirm]]\n[erased\nbox#]\n" in out
    assert "[New name: ]\n[Hello router\nbox#]\n" in out
    assert "[box(not)# this is no prompt\nbox#]\n" in out


def test_the_device_is_enabled_and_configured_with_the_session(new_daemon):
    d = new_daemon(settings=fake("login"), config=["hostname r1"] + applet(
        "LOGIN", "lines", "enable", "lines", "configure terminal", "port 7", "name a b", "exit", "exit", "lines"))
    got = answers(d, "LOGIN")
    assert got[0] == "one\ntwo\nbox>"
    assert got[2] == "one\ntwo\nbox#"
    assert got[4:8] == ["box(config-port)#", "named a b\nbox(config-port)#", "box(config)#", "box#"]
    assert got[8] == "one\ntwo\nbox#"


def test_echo_and_colours_are_not_output(new_daemon):
    d = new_daemon(settings=fake("echo"), config=["hostname r1"] + applet("ECHO", "enable", "lines", "frob x"))
    assert answers(d, "ECHO")[1:] == ["one\ntwo\nbox#", "% Unknown command: frob x\nbox#"]


def test_debug_shows_the_conversation(new_daemon):
    d = new_daemon(settings=fake("plain"), config=["hostname r1"] + applet("T", "enable", "lines"))
    assert d.ctl("debug event manager action cli", "event manager run T").code == 0
    log = d.show("show logging")
    for line in (": IN  : r1#lines", ": OUT : one", ": OUT : two", ": OUT : box#", ": CTL : cli_close called."):
        assert "%HA_EM-6-LOG: T : DEBUG(cli_lib) : " + line in log


ERRORS = [
    ("refuse", "lines", "3-FMPD_CLI_CONNECT: Unable to establish CLI session: .*: box: connection refused"),
    ("plain", "die", "3-FMPD_CLI_READ: Unable to read CLI response: .* has ended"),
    ("stuck", "configure terminal\", \"port 1", "3-FMPD_CLI_READ: Unable to read CLI response: .* does not enter its configuration mode"),
    ("plain", "x" * 4001, "3-FMPD_CLI_WRITE: Unable to send CLI command: a line of 4001 characters"),
]


@pytest.mark.parametrize("kind,command,message", ERRORS, ids=[row[0] + str(i) for i, row in enumerate(ERRORS)])
def test_errors_of_the_device(new_daemon, kind, command, message):
    lines = applet("T", "enable", *command.split('", "'))
    lines.append(' action 99 syslog msg "not reached"')
    d = new_daemon(settings=fake(kind), config=["hostname r1"] + lines)
    answer = d.run("T")
    assert answer.code == 1 and "Policy aborted at statement" in answer.out + answer.err
    d.wait_log("%HA_EM-" + message)
    d.wait_log("%HA_EM-3-FMPD_ERROR: Error executing applet T statement")
    assert "not reached" not in d.show("show logging")


def test_what_is_about_the_device_is_asked_of_its_program(new_daemon):
    """It may be another box: what eventd knows of this one is no answer."""
    d = new_daemon(config=["hostname r1"] + applet("LOOK", "enable", "show ip route", "show arp | include x", "ping 127.0.0.1", "show clock"),
                   settings=fake("plain"))
    enable, route, arp, ping, clock = answers(d, "LOOK")
    assert all(answer.endswith("box#") for answer in (route, arp, ping)) and clock.endswith("r1#")
    assert "Codes:" not in route and "Protocol" not in arp and "Sending" not in ping
    # A person's session is eventd's.
    assert "Codes:" in d.show("show ip route")


def test_a_program_that_is_not_there(new_daemon):
    settings = {"cli": {"device": "program", "program": ["/nowhere/ssh", "box"], "prompt": "#$"}}
    d = new_daemon(settings=settings, config=applet("T", "enable", "lines"))
    assert d.run("T").code == 1
    d.wait_log("%HA_EM-3-FMPD_CLI_CONNECT: Unable to establish CLI session: ssh: /nowhere/ssh: No such file or directory")


def test_an_error_may_be_handled_and_the_next_line_starts_the_program_again(new_daemon):
    d = new_daemon(settings=fake("plain"), config=[
        "event manager applet T", " event none sync yes", ' action 1 cli command "enable"', " action 2 handle-error type ignore",
        ' action 3 cli command "die"', ' action 4 puts "error $_error"', ' action 5 cli command "lines"',
        ' action 6 puts "[$_cli_result]"'])
    out = d.run("T").out.replace("\r", "")
    assert out == "error FH_ECLI\n[one\ntwo\nbox#]\n"


def test_a_hanging_program_holds_up_its_run_only(new_daemon):
    d = new_daemon(settings=fake("plain"), config=applet("T", "enable", "hang", options="maxrun 4") + [
        "event manager applet OTHER", " event none sync yes", ' action 1 puts "fine"'])
    assert d.run("T").code == 0
    d.wait_show("show system processes", "eventd-device")
    assert d.run("OTHER").out == "fine\n"
    d.wait_log("T: Process Forced Exit- MAXRUN timer expired")
    assert "eventd-device" not in d.show("show system processes")


def test_killing_the_program_is_an_error_of_the_action(new_daemon, tmp_path):
    up = tmp_path / "up"
    d = shell(new_daemon, *applet("T", "enable", r"echo \$\$ >%s; sleep 1000" % up))
    run = subprocess.Popen([os.path.join(tree.BUILD, "eventctl"), "--socket", d.socket, "-c", "event manager run T"])
    assert tree.wait_for(lambda: up.exists() and up.read_text().strip())
    os.kill(int(up.read_text()), 9)
    assert run.wait(20) == 1
    d.wait_log("%HA_EM-3-FMPD_CLI_READ: Unable to read CLI response: shell has ended")


# Settings ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cli,message", [
    ({"device": "telnet"}, "'cli.device' takes none, vtysh, shell or program"),
    ({"device": "program", "program": ["ssh"]}, "'cli.device: program' needs 'cli.program' and 'cli.prompt'"),
    ({"device": "vtysh", "prompt": "("}, "'cli.prompt' is no regular expression"),
    ({"program": ["ssh"]}, "'cli.program' needs 'cli.device'"),
    ({"device": "vtysh", "program": "vtysh"}, "'cli.program' takes a list"),
    ({"users": {"ann": "secret"}}, "'cli.users' takes hashes"),
])
def test_wrong_settings(tmp_path, cli, message):
    settings, config = tmp_path / "eventd.yaml", tmp_path / "config"
    settings.write_text(json.dumps({"cli": cli}))
    config.write_text("hostname r1\n")
    done = subprocess.run([os.path.join(tree.BUILD, "eventd"), "--check", "--settings", str(settings), "--config", str(config)],
                          capture_output=True, text=True)
    assert done.returncode == 3 and message in done.stdout, done.stdout + done.stderr
    assert re.search(r"eventd.yaml:1:\d+: error: ", done.stdout)
