"""Processes that die, hang or are told to end, and start-up files that are wrong: what the daemon says, and that it goes on."""

import json
import os
import re
import signal
import subprocess
import threading

import pytest

import tree
from badsmtp import Action, BadSmtp, Hang
from daemon import Daemon


def mail(port, rest=""):
    return ('mail server "127.0.0.1" to "noc@example.test" from "eem@example.test" subject "s" body "b" port %d no-queue %s' % (port, rest)).strip()


def applet(name, *actions, event="event none"):
    return ["event manager applet " + name, event] + ["action %02d %s" % (i + 1, a) for i, a in enumerate(actions)]


def helpers(daemon, name="eventd-mail"):
    """The pids of the helper's processes that live."""
    return [p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == name and p["pid"]]


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Gate(Action):
    """Answers when the test opens it."""

    def __init__(self, text):
        self.text, self.gate = text, threading.Event()

    def run(self, session):
        self.gate.wait(30)
        session.reply(self.text)
        return self.text


def is_over(daemon, seconds):
    try:
        daemon.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def reached(server, phase, sessions=1):
    found = tree.wait_for(lambda: sum(phase in s.seen for s in server.sessions) >= sessions)
    assert found, [s.lines for s in server.sessions]


# --- helpers ---

def test_a_killed_mail_helper_is_reported_and_replaced(daemon):
    with BadSmtp(at={"ehlo": Hang()}) as server:
        daemon.configure(*applet("A", mail(server.port)))
        assert daemon.run("A").code == 0
        reached(server, "ehlo")
        pid, = helpers(daemon)
        os.kill(pid, signal.SIGKILL)
        daemon.wait_log("%HA_EM-3-FMPD_ERROR: Error executing applet A statement 01")
        log = daemon.show("show logging")
        job = re.search(r"%HA_EM-3-FMPD_HELPER: eventd-mail ended by signal 9 during job (\d+)$", log, re.M)
        assert job and int(job.group(1)) == 1, log
        assert re.search(r"%HA_EM-3-FMPD_SMTP: .* : error in sending mail \[HELPER_FAILED.*the mail process ended\]$", log, re.M), log
    with BadSmtp() as server:
        daemon.configure(*applet("B", mail(server.port), event="event none sync yes"))
        assert daemon.run("B").code == 0
        server.settle()
        assert len(server.mails) == 1 and helpers(daemon) != [pid]


def test_jobs_beside_a_killed_one_go_on(daemon):
    gate = Gate("250 2.0.0 accepted")
    with BadSmtp(at={"ehlo": Hang()}) as stuck, BadSmtp(at={"dot": gate}) as slow:
        daemon.configure("event manager scheduler applet thread class default number 4", *applet("STUCK", mail(stuck.port)))
        daemon.configure(*applet("SLOW", mail(slow.port), 'syslog msg "slow is done: $_mail_result"'))
        daemon.run("STUCK")
        reached(stuck, "ehlo")
        first = helpers(daemon)
        daemon.run("SLOW")
        reached(slow, "dot")
        assert len(helpers(daemon)) == 2
        os.kill(first[0], signal.SIGKILL)
        daemon.wait_log("FMPD_HELPER")
        gate.gate.set()
        daemon.wait_log("slow is done: sent")


def test_a_helper_that_is_stuck_is_ended(daemon):
    """It does not keep its own deadline: the engine does."""
    with BadSmtp(at={"ehlo": Hang()}) as server:
        daemon.configure("mail timeout 1", *applet("A", mail(server.port)))
        daemon.run("A")
        reached(server, "ehlo")
        pid, = helpers(daemon)
        os.kill(pid, signal.SIGSTOP)
        daemon.wait_log("%HA_EM-3-FMPD_HELPER: eventd-mail ended by signal 9 during job 1")
        daemon.wait_log("HELPER_FAILED")
    with BadSmtp() as server:
        daemon.configure(*applet("B", mail(server.port), event="event none sync yes"))
        assert daemon.run("B").code == 0


def test_a_cleared_run_takes_its_mail_back(daemon):
    """In the middle of the mail's last step; the helper lives, and takes the next job."""
    with BadSmtp(at={"dot": Hang()}) as server, BadSmtp() as good:
        daemon.configure(*applet("A", mail(server.port), 'syslog msg "not reached"'), *applet("B", mail(good.port), event="event none sync yes"))
        daemon.run("A")
        reached(server, "dot")
        pid, = helpers(daemon)
        job = daemon.wait_show("show event manager policy active", r"^\d+ +(\d+) .*A$").group(1)
        assert daemon.ctl("event manager scheduler clear policy " + job).code == 0
        assert daemon.run("B").code == 0
        assert helpers(daemon) == [pid]
        log = daemon.show("show logging")
        assert "FMPD_HELPER" not in log and "not reached" not in log and "FMPD_SMTP" not in log


def test_helpers_end_with_a_killed_daemon(daemon):
    with BadSmtp(at={"ehlo": Hang()}) as server:
        daemon.configure(*applet("A", mail(server.port)))
        daemon.run("A")
        reached(server, "ehlo")
        for line in ("interface lo both", "match any", "start"):
            daemon.ctl("monitor capture CAP " + line)
        pids = helpers(daemon) + helpers(daemon, "eventd-capture")
        assert len(pids) == 2 and all(map(is_alive, pids))
        daemon.kill()
        assert tree.wait_for(lambda: not any(map(is_alive, pids)))
    daemon.start()


# --- ending ---

def test_sigterm_lets_a_mail_under_way_finish(new_daemon):
    daemon, gate = new_daemon(), Gate("250 2.0.0 accepted")
    with BadSmtp(at={"dot": gate}) as server:
        daemon.configure(*applet("A", mail(server.port), 'syslog msg "after the mail: $_mail_result"'))
        daemon.run("A")
        reached(server, "dot")
        pids = helpers(daemon)
        daemon.process.terminate()
        gate.gate.set()
        assert daemon.process.wait(20) == 0
        assert len(server.mails) == 1 and "after the mail: sent" in daemon.log()
        assert tree.wait_for(lambda: not any(map(is_alive, pids)))


def test_a_second_sigterm_ends_at_once(new_daemon):
    daemon = new_daemon(config=applet("A", "wait 3000", event="event none maxrun 0"))
    daemon.run("A")
    daemon.wait_show("show event manager policy active", r"\bA$")
    daemon.process.terminate()
    assert not is_over(daemon, 0.3)
    daemon.process.terminate()
    assert daemon.process.wait(8) == 0


# --- reading the configuration anew ---

GOOD = ["hostname before", "event manager environment _x 1"] + applet("KEPT", 'syslog msg "kept"')


def rewrite(daemon, lines):
    with open(daemon.config, "w") as f:
        f.write("".join(line + "\n" for line in lines))


def hup(daemon, wait):
    daemon.ctl("clear logging")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_log(wait)
    return daemon.show("show logging")


def body(daemon):
    """The running configuration without its head, which tells when it was changed."""
    return [line for line in daemon.show("show running-config").splitlines()
            if not line.startswith(("!", "Current configuration", "Building"))]


def test_sighup_with_a_wrong_configuration_changes_nothing(new_daemon):
    daemon = new_daemon(config=GOOD)
    daemon.configure("event manager environment _unsaved 2")
    before = body(daemon)
    for wrong, place in ((["event manager environment _x 9", "event manager nonsense"], r"startup-config:2:15: error"),
                         (["hostname after", "event manager applet N", " event none", ' action 1 frobnicate "x"'], r"startup-config:4:11: error"),
                         (["hostname after", "crypto pki certificate chain T", " certificate ca 01", "  3082FF", "  quit"], "error")):
        rewrite(daemon, wrong)
        log = hup(daemon, "%SYS-3-RELOAD: Reload refused, nothing has changed")
        assert re.search(place, log), log
        assert body(daemon) == before
    with open(daemon.settings, "w") as f:
        f.write("hostname: r9\nsyslog:\n  listn: []\n")
    rewrite(daemon, GOOD)
    log = hup(daemon, "%SYS-3-RELOAD: Reload refused, nothing has changed")
    assert re.search(r"eventd\.yaml:3:3: error: .*listn.*listen", log), log
    assert body(daemon) == before


def test_sighup_reads_both_files_anew(new_daemon):
    daemon = new_daemon(config=GOOD)
    daemon.configure("event manager environment _unsaved 2")
    rewrite(daemon, ["hostname after", "event manager environment _x 3"])
    log = hup(daemon, "%SYS-5-CONFIG_I: Configured from .* by reload")
    assert "unsaved changes were dropped" in log
    running = "\n".join(body(daemon))
    assert "hostname after" in running and "_x 3" in running and "_unsaved" not in running and "KEPT" not in running
    assert daemon.run("KEPT").code == 1


def test_sighup_tells_of_dropped_changes_only_when_there_were_some(new_daemon):
    daemon = new_daemon(config=GOOD)
    assert "Last configuration change" not in daemon.show("show running-config")
    rewrite(daemon, ["hostname edited"])
    log = hup(daemon, "%SYS-5-CONFIG_I: Configured from .* by reload")
    assert "unsaved changes" not in log
    daemon.configure("event manager environment _saved 2")
    assert "Last configuration change" in daemon.show("show running-config")
    assert daemon.ctl("write memory").code == 0
    log = hup(daemon, "%SYS-5-CONFIG_I: Configured from .* by reload")
    assert "unsaved changes" not in log


def test_a_command_that_nobody_knows_is_told_once(new_daemon):
    daemon = new_daemon(config=["event manager applet A", " event none", ' action 1 cli command "interface Gi0/1"',
                                ' action 2 cli command "shutdown"', ' action 3 syslog msg "ran"'])
    assert daemon.run("A").code == 0
    daemon.wait_log("A: ran")
    log = daemon.show("show logging")
    assert log.count("FMPD_CLI_UNKNOWN") == 1 and "does not know the command 'interface ...'" in log


def test_refusals_of_values_have_a_place_and_whole_words(new_daemon):
    daemon = new_daemon(config=[])
    answer = daemon.ctl("configure terminal", "event manager applet A", 'action 9.8 regexp "[a-" "$_x"')
    lines = answer.out.splitlines()
    at = lines.index('action 9.8 regexp "[a-" "$_x"')
    assert lines[at + 1].index("^") == 18
    assert lines[at + 2] == "% Invalid input detected at '^' marker."
    assert lines[at + 3].startswith("% Invalid regular expression")
    answer = daemon.ctl("configure terminal", "event manager applet A", "event interface name eth0 parameter foo")
    lines = answer.out.splitlines()
    assert any(re.fullmatch(r"% 'parameter' takes one of: [a-z_, -]+[a-z] and \d+ more", line) for line in lines), answer.out


def test_sighup_opens_and_closes_listeners(new_daemon):
    first, second = tree.free_port(), tree.free_port()

    def is_open(port):
        import socket
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", port)) == 0
    daemon = new_daemon(settings={"syslog": {"listen": ["tcp://127.0.0.1:%d" % first]}})
    assert is_open(first) and not is_open(second)
    with open(daemon.settings, "w") as f:
        json.dump({"syslog": {"listen": ["tcp://127.0.0.1:%d" % second]}}, f)
    hup(daemon, "by reload")
    assert is_open(second) and not is_open(first)


# --- files that are wrong at the start ---

DAMAGED = ["hostname r7", "event manager environment _good 1", "event manager enviroment _typo 1", "event manager applet HALF",
           " event none", ' action 1.0 puts "first"', " action 2.0 frobnicate x", ' action 3.0 puts "third"', "no such command",
           "event manager environment _also_good 2"]
FINDINGS = [(3, 15), (7, 13), (9, 4)]


def eventd(daemon, *arguments):
    argv = [os.path.join(tree.BUILD, "eventd"), "--config", daemon.config, "--settings", daemon.settings, "--state", daemon.state,
            "--socket", daemon.socket, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def test_a_damaged_startup_configuration_starts_with_what_is_good(new_daemon):
    daemon = new_daemon(config=DAMAGED)
    running = daemon.show("show running-config")
    for good in ("hostname r7", "_good 1", "_also_good 2", 'action 1.0 puts "first"', 'action 3.0 puts "third"'):
        assert good in running
    assert "frobnicate" not in running and "_typo" not in running
    for line, column in FINDINGS:
        place = "%s:%d:%d: error: " % (daemon.config, line, column)
        assert place in daemon.log() and place in daemon.show("show logging")


def test_strict_refuses_a_damaged_startup_configuration(tmp_path):
    done = eventd(Daemon(tmp_path, config=DAMAGED), "--strict")
    assert done.returncode == 3 and "eventd ready" not in done.stderr
    assert "startup-config:3:15: error: " in done.stderr


def test_check_prints_every_finding(tmp_path):
    daemon = Daemon(tmp_path, config=DAMAGED)
    done = eventd(daemon, "--check")
    found = re.findall(r"^%s:(\d+):(\d+): error: .+ \[\w+\]$" % re.escape(daemon.config), done.stdout, re.M)
    assert done.returncode == 3 and [(int(l), int(c)) for l, c in found] == FINDINGS, done.stdout
    assert not os.path.exists(daemon.state) and not os.path.exists(daemon.socket)


def test_check_as_json(tmp_path):
    daemon = Daemon(tmp_path, config=DAMAGED)
    done = eventd(daemon, "--check", "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == 3 and answer["errors"] == 3 and answer["schema_version"] == 1
    errors = [f for f in answer["findings"] if f["severity"] == "error"]
    assert answer["warnings"] == len(answer["findings"]) - len(errors)
    assert [(f["line"], f["column"], f["severity"], f["file"]) for f in errors] == \
        [(line, column, "error", daemon.config) for line, column in FINDINGS]
    assert all(f["message"] and f["code"] for f in answer["findings"])


def test_check_of_what_is_good(tmp_path):
    done = eventd(Daemon(tmp_path, config=GOOD), "--check")
    assert done.returncode == 0 and "error" not in done.stdout
    done = eventd(Daemon(tmp_path, config=GOOD), "--check", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["errors"] == 0
    assert [f["code"] for f in json.loads(done.stdout)["findings"]] == ["ENV-UNUSED"]  # a warning, and no more


@pytest.mark.parametrize("text, place, words", [
    ("hostnam: r1\n", "1:1", "hostnam.*hostname"), ("syslog:\n  listen:\n    - udp://127.0.0.1:99999\n", "3:7", "99999"),
    ("log: { level: loud }\n", r"1:15", "severity"), ("syslog: [\n", r"\d+:\d+", "."), ("mail:\n  max-parallel: 0\n", "2:17", "1 to 64")])
def test_wrong_settings(tmp_path, text, place, words):
    daemon = Daemon(tmp_path, config=GOOD)
    with open(daemon.settings, "w") as f:
        f.write(text)
    checked, started = eventd(daemon, "--check"), eventd(daemon)
    assert checked.returncode == 3 and started.returncode == 3
    pattern = r"^%s:%s: error: .*(%s).* \[\w+\]$" % (re.escape(daemon.settings), place, words)
    assert re.search(pattern, checked.stdout, re.M), checked.stdout
    assert re.search(pattern, started.stderr, re.M), started.stderr


def test_usage(tmp_path):
    daemon = Daemon(tmp_path)
    assert eventd(daemon, "--nonsense").returncode == 2 and eventd(daemon, "stray").returncode == 2
    assert eventd(daemon, "--help").returncode == 0 and eventd(daemon, "--version").stdout.startswith("eventd ")
