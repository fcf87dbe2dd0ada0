"""`event cli` at a real terminal: commands that wait for a policy and its questions, `?` and Tab, who is left alone."""

import os

import pytest

import tree

pexpect = pytest.importorskip("pexpect", reason="python3-pexpect is not installed")

CONFIG = """hostname R1
event manager applet SURE
 event cli pattern "^show clock$" sync yes
 action 1.0 puts nonewline "really? "
 action 2.0 gets answer
 action 3.0 if $answer eq yes
 action 3.1  set _exit_status "1"
 action 3.2 end
event manager applet HELP
 event cli pattern "^show vers" questionmark sync yes
 action 1.0 puts "ask the noc first"
event manager applet TAB
 event cli pattern "^show his" tab sync yes
 action 1.0 puts "mind the"
 action 2.0 puts nonewline "gap"
event manager applet ASK
 event cli pattern "^show log" tab sync yes
 action 1.0 puts nonewline "why? "
 action 2.0 gets answer
 action 3.0 syslog msg "because $answer"
event manager applet BLOCK
 event cli pattern "^show users" sync no skip yes
 action 1.0 syslog msg "nobody sees $_cli_username's $_cli_msg from $_cli_host"
"""


@pytest.fixture
def eventd(new_daemon):
    return new_daemon(config=CONFIG)


@pytest.fixture
def shell(eventd):
    tty = pexpect.spawn(os.path.join(tree.BUILD, "eventctl"), ["--socket", eventd.socket], encoding="utf-8", timeout=10,
                        dimensions=(24, 80), env=dict(os.environ, TERM="vt100"))
    tty.delaybeforesend = None
    tty.expect_exact("R1#")
    yield tty
    tty.close(force=True)


def test_a_policy_asks_before_the_command(shell):
    shell.send("show clock\r")
    shell.expect_exact("really? ")
    shell.send("no\r")
    shell.expect_exact("R1#")
    assert "UTC" not in shell.before
    shell.send("show clock\r")
    shell.expect_exact("really? ")
    shell.send("yes\r")
    shell.expect_exact("UTC")
    shell.expect_exact("R1#")


def test_ctrl_c_ends_the_waiting_command(shell):
    shell.send("show clock\r")
    shell.expect_exact("really? ")
    shell.send("\x03")
    shell.expect_exact("R1#")
    assert "UTC" not in shell.before


def test_help_and_completion(shell):
    shell.send("show vers?")
    shell.expect_exact("ask the noc first")
    shell.expect_exact("R1#show vers")
    assert "Version" not in shell.before
    shell.send("\t")
    shell.expect_exact("ion ")
    shell.send("\r")
    shell.expect_exact("R1#")


def test_what_a_policy_of_a_key_prints_leaves_the_line_alone(shell):
    shell.send("show his\t")
    shell.expect_exact("show his\r\nmind the\r\ngap\r\n")
    shell.expect_exact("R1#show his")
    shell.send("tory\r")
    shell.expect_exact("R1#")
    assert "Invalid" not in shell.before


def test_a_policy_of_a_key_asks_and_the_line_stays(shell, eventd):
    shell.send("show log\t")
    shell.expect_exact("\r\nwhy? ")
    shell.send("It waz\x7fs me\r")
    shell.expect_exact("R1#show log")
    eventd.wait_log("ASK: because It was me")
    shell.send("ging\r")
    shell.expect_exact("because It was me")
    shell.expect_exact("R1#")


def test_a_skipped_command_is_accepted_and_told(eventd):
    answer = eventd.ctl("show users")
    assert answer.code == 0 and "vty" not in answer.out
    eventd.wait_log("BLOCK: nobody sees ")
    eventd.wait_log("%HA_EM-6-FMPD_CLI_SKIP: policy BLOCK skipped the command 'show users' of ")


def test_help_without_a_terminal(eventd):
    answer = eventd.ctl("show vers?")
    assert answer.code == 0 and "ask the noc first" in answer.out and "version" not in answer.out
