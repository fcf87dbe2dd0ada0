"""What eventctl tells besides yes and no: why an applet is not registered, why a policy failed, where a script stopped."""

import json

import pytest

WRONG_APPLETS = [
    (["event none", "action 6.0 syslog priority urgent msg \"x\""], '% B: "urgent" is not a priority'),
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
