"""What eventctl tells besides yes and no: why an applet is not registered, why a policy failed, where a script stopped."""

import json
import os
import subprocess

import pytest

import tree

WRONG_APPLETS = [
    (["event none", "action 1 if 1 eq 1"], "% B: "),
    (["action 1 puts \"x\""], "% No event configured for applet B"),
    (["event none"], "% No action configured for applet B"),
    (["event syslog pattern \"$nowhere\"", "action 1 puts \"x\""], "% "),
]


@pytest.fixture
def eventd(new_daemon):
    return new_daemon(config=["hostname R1"])


@pytest.mark.parametrize("lines, told", WRONG_APPLETS)
@pytest.mark.parametrize("leaving", [["exit", "end"], ["end"], ["hostname R1", "end"], []])
def test_who_leaves_an_applet_is_told_why_it_is_not_registered(eventd, lines, told, leaving):
    answer = eventd.ctl("configure terminal", "event manager applet B", *lines, *leaving)
    assert answer.code == 0
    said = [line for line in answer.out.splitlines() if line.startswith("% ")]
    assert len(said) == 1 and said[0].startswith(told), answer
    eventd.wait_log("HA_EM-.*" + said[0][2:].split('"')[0].split("$")[0])


def test_a_script_that_stops_says_what_it_configured(eventd):
    answer = eventd.eventctl(input="configure terminal\nhostname R2\nfrobnicate\nend\n")
    assert answer.code == 1
    eventd.wait_log("SYS-5-CONFIG_I: Configured from console")


def test_a_policy_that_fails_says_why(eventd):
    eventd.configure("event manager applet F", "event none sync yes", "action 1.0 puts \"$nothing\"")
    failed = eventd.run("F")
    assert failed.code == 1
    logged = eventd.wait_log("FMPD_UNKNOWN_ENV: (.*)").group(1)
    assert "nothing" in logged and failed.out == "%% Policy aborted at statement 1.0: %s\n" % logged


WRONG_FILE = "hostname R7\nfrobnicate\nhostname a b\nevent manager aplet X\n"


@pytest.fixture
def wrong_file(eventd, tmp_path):
    path = tmp_path / "wrong"
    path.write_text(WRONG_FILE)
    return str(path)


def test_a_configuration_with_errors_replaces_nothing(eventd, wrong_file):
    answer = eventd.ctl("configure replace %s force" % wrong_file)
    assert answer.code == 1 and answer.out.count(": error: ") == 3
    assert answer.out.endswith("\n%% Not replaced: 3 errors in %s\n" % wrong_file)
    assert len(answer.out.splitlines()) == 4, "the command itself is not wrong"
    assert "hostname R1\n" in eventd.show("show running-config")


def test_copying_a_file_with_errors_takes_its_good_lines(eventd, wrong_file):
    answer = eventd.ctl("copy %s running-config" % wrong_file)
    assert answer.code == 1 and answer.out.count(": error: ") == 3
    assert answer.out.endswith("\n%% Copied without the wrong lines: 3 errors in %s\n" % wrong_file)
    assert "hostname R7\n" in eventd.show("show running-config")


@pytest.mark.parametrize("is_json", [False, True])
def test_the_refused_line_of_a_script_is_named(eventd, tmp_path, is_json):
    script = tmp_path / "applets.txt"
    script.write_text("configure terminal\n\nfrobnicate\n")
    options = ["--json"] if is_json else []
    answer = eventd.eventctl(*options, "-f", str(script))
    assert answer.code == 1 and answer.err.endswith("eventctl: %s:3: refused\n" % script)
    answer = eventd.eventctl(*options, input=script.read_text())
    assert answer.err.endswith("eventctl: <stdin>:3: refused\n")
    if is_json:
        assert json.loads(answer.out)["error"]["line"] == 3
    assert "refused" not in eventd.ctl("frobnicate", options=options).err


def verify(*arguments, input=""):
    argv = [os.path.join(tree.BUILD, "eventctl"), "pki", "verify"] + list(arguments)
    return subprocess.run(argv, input=input, capture_output=True, text=True, timeout=60)


def test_a_file_of_pki_verify_that_is_not_there(pki):
    answer = verify("--trust", "/nope", "--peer", pki.path("root.pem"))
    assert answer.returncode == 2 and answer.stdout == ""
    assert answer.stderr.startswith("eventctl pki verify: trust: /nope: No such file or directory\n")
    requests = [{"id": 1, "trust": ["/nope"], "peer": pki.path("root.pem")},
                {"id": 2, "trust": [pki.path("root.pem")], "peer": pki.path("root.pem")}]
    answer = verify("--batch", input="".join(json.dumps(r) + "\n" for r in requests))
    first, second = (json.loads(line) for line in answer.stdout.splitlines())
    assert answer.returncode == 0 and first["id"] == 1 and "/nope" in first["error"]["message"] and "result" not in first
    assert second["id"] == 2 and "result" in second
