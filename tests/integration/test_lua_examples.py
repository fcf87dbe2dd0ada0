"""Every policy under examples/lua is registered; those whose detector is there are run by their event."""

import glob
import os
import re
import shutil

import pytest

import tree
from badsmtp import BadSmtp

EXAMPLES = os.path.join(tree.PROJECT, "examples", "lua")
NAMES = sorted(os.path.basename(path) for path in glob.glob(os.path.join(EXAMPLES, "*.lua")))


@pytest.fixture
def daemon(new_daemon, tmp_path):
    """All examples, registered, with threads enough that none waits for another."""
    where = tmp_path / "policies"
    where.mkdir(mode=0o755)
    for name in NAMES:
        shutil.copy(os.path.join(EXAMPLES, name), where / name)
        os.chmod(where / name, 0o644)
    return new_daemon(config=["event manager scheduler script thread class default number 8", "track 10 stub-object", "track 20 stub-object",
                              "event manager environment _email_to noc@example.net",
                              "event manager directory user policy %s" % where] + ["event manager policy " + n for n in NAMES] +
                      ["event manager applet SAY", " event none", ' action 1 syslog msg "$_none_arg1"',
                       "event manager applet PUBLISH", " event none", ' action 1 publish-event sub-system 798 type 42 arg1 "hello"',
                       "event manager applet COUNT", " event none", ' action 1 counter name "retries" value 6 op set',
                       "event manager applet UP", " event none", " action 1 track set $_none_arg1 state up",
                       "event manager applet DOWN", " event none", " action 1 track set $_none_arg1 state down"])


def test_every_example_is_registered(daemon):
    registered = [p["name"] for p in daemon.json("show event manager policy registered")["policies"] if p["class"] == "script"]
    assert registered == NAMES and "FMPD_REGISTER" not in daemon.show("show logging")


def test_each_event_type_has_an_example(daemon):
    detectors = {d["name"].replace("-", "_") for d in daemon.json("show event manager detector all")["detectors"]}
    assert detectors and detectors | {"multiple"} <= {name[:-len(".lua")] for name in NAMES}


def test_examples_read_fields_that_their_event_has(daemon):
    for name in NAMES:
        with open(os.path.join(EXAMPLES, name)) as f:
            text = f.read()
        used = set(re.findall(r"\b(?:e|event\(\))\.([a-z]\w*)", text)) - {"wait_events"}
        detectors = re.findall(r'eem\.register\{ "(\w+)"', text)
        known = {"event_trigger_num"}
        for d in detectors:
            shown = daemon.json("show event manager detector %s detailed" % d.replace("_", "-"))["detectors"][0]
            for v in shown["variables"]:
                known |= {v[1:], re.sub("^_%s_" % d, "", v)} | {v[1:] + part for part in ("_sec", "_msec")}
        assert used <= known, (name, used - known)


@pytest.mark.parametrize("command,expected", [
    ("event manager run PUBLISH", "application.lua: told hello by sub-system 798"),
    ("event manager run COUNT", "counter.lua: retries stands at 6"),
    ("event manager run UP 20", "track.lua: object 20 is up"),
])
def test_an_event_runs_its_example(daemon, command, expected):
    daemon.ctl(command)
    daemon.wait_log(expected)


def test_none_prints_on_the_terminal(daemon):
    answer = daemon.run("none.lua", "you")
    assert answer.code == 0 and answer.out.startswith("hello you from ")


def test_config_counts_changes(daemon):
    daemon.configure("event manager environment _x 1")
    daemon.wait_log("config.lua: change 1 of the configuration")


def test_cli_decides_about_the_command(daemon):
    daemon.configure("event manager environment _mark 1")
    assert daemon.ctl("write memory").code == 0
    with open(daemon.config) as f:
        assert "_mark 1" in f.read()
    daemon.configure("event manager environment _freeze yes", "event manager environment _mark 2")
    assert daemon.ctl("write memory").code == 0  # skipped by a policy: accepted (rulings 26)
    daemon.wait_log("cli.lua: refused: write memory")
    with open(daemon.config) as f:
        assert "_mark 1" in f.read()


def test_watchdog_remembers(daemon):
    daemon.wait_log("watchdog.lua: pulse 2")


def test_syslog_mails_what_the_router_knows(daemon):
    with BadSmtp() as server:
        daemon.configure("event manager environment _email_server 127.0.0.1:%d" % server.port)
        daemon.run("SAY", '"%LINEPROTO-5-UPDOWN: Line protocol on Interface eth7, changed state to down"')
        assert tree.wait_for(lambda: server.mails), daemon.show("show logging")
        assert "Subject: eth7 is down" in server.mails[0].text and "show logging" not in server.mails[0].text


def test_multiple_needs_both(daemon):
    daemon.run("SAY", '"%LINEPROTO-5-UPDOWN: Line protocol on Interface eth7, changed state to down"')
    daemon.run("UP", "10")
    daemon.wait_log("TRACK-6-STATE: 10 stub Down -> Up")
    daemon.run("DOWN", "10")
    daemon.wait_log("multiple.lua: lost for good: eth7")
