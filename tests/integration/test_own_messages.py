"""eventd's own messages are those of IOS, said when the thing happens, and applets written for a router are triggered by them."""

import os
import re
import subprocess

import pytest
import tree

pexpect = pytest.importorskip("pexpect", reason="python3-pexpect is not installed")

# As such applets stand in configurations of routers: name, pattern, what the message is.
PATTERNS = {
    "CHANGED": r"%LINK-5-CHANGED: Interface peer0, changed state to administratively down",
    "LINKDOWN": r"%LINK-3-UPDOWN: Interface eth0, changed state to down",
    "LINKUP": r"%LINK-3-UPDOWN: Interface eth0, changed state to up",
    "PROTODOWN": r"LINEPROTO-5-UPDOWN.*Interface eth0, changed state to down",
    "PROTOUP": r"LINEPROTO-5-UPDOWN.*Interface eth0, changed state to up",
    "TRACKDOWN": r"%TRACK-6-STATE: 1 interface eth0 line-protocol Up -> Down",
    "TRACKUP": r"%TRACK-6-STATE: 1 interface eth0 line-protocol Down -> Up",
    "SLATRACK": r"%TRACK-6-STATE: 2 ip sla 7 reachability Up -> Down",
    "SLA": r".*\(7\).*Threshold Occurred for timeout",
    "SLACLEAR": r"%RTT-3-IPSLATHRESHOLD: IP SLAs\(7\): Threshold Cleared for timeout",
    "CONFIG": r"%SYS-5-CONFIG_I: Configured from console by",
    "LOGIN": r"%SEC_LOGIN-5-LOGIN_SUCCESS: Login Success \[user: \S+\] \[Source: \S+\] \[localport: [0-9]+\] at [0-9:]+ UTC [A-Z]",
    "LOGOUT": r"%SYS-6-LOGOUT: User \S+ has exited tty session [0-9]+\(",
    "CLEAR": r"%CLEAR-5-COUNTERS: Clear counter on interface eth0 by \S+ on vty[0-9]+",
    "RESTART": r"%SYS-5-RESTART: System restarted --",
}


def applets():
    lines = ["logging buffered 1000000", "login on-success log", "login on-failure log"]
    for name, pattern in PATTERNS.items():
        lines += ["event manager applet " + name, ' event syslog pattern "%s"' % pattern, ' action 1 syslog msg "heard"']
    return lines


def answer_echoes(netns, on):
    netns.run("sh", "-c", "echo %d >/proc/sys/net/ipv4/icmp_echo_ignore_all" % (not on))


def heard(daemon, *names):
    for name in names:
        daemon.wait_log(r"%%HA_EM-6-LOG: %s: heard" % name)


@pytest.fixture
def daemon(netns, new_daemon):
    d = new_daemon(netns=netns.name, config=applets() + [
        "ip sla 7", "icmp-echo 192.0.2.2", "threshold 400", "timeout 400", "frequency 1",
        "ip sla schedule 7 life forever start-time now",
        "ip sla reaction-configuration 7 react timeout threshold-type immediate action-type trapOnly", "ip sla logging traps",
        "track 1 interface eth0 line-protocol", "track 2 ip sla 7 reachability"])
    return d


def test_every_message_of_the_catalogue(netns, daemon):
    heard(daemon, "RESTART")
    daemon.configure("event manager environment _x 1")
    heard(daemon, "CONFIG", "LOGIN")
    assert daemon.ctl("clear counters eth0", input="\n").code == 0
    heard(daemon, "CLEAR")
    daemon.wait_show("show track 2", "Reachability is Up")
    answer_echoes(netns, False)
    heard(daemon, "SLA", "SLATRACK")
    answer_echoes(netns, True)
    heard(daemon, "SLACLEAR")
    netns.down("peer0")
    heard(daemon, "CHANGED", "LINKDOWN", "PROTODOWN", "TRACKDOWN")
    netns.up("peer0")
    heard(daemon, "LINKUP", "PROTOUP", "TRACKUP")
    tty = pexpect.spawn("ip", ["netns", "exec", netns.name, os.path.join(tree.BUILD, "eventctl"), "--socket", daemon.socket], timeout=20)
    tty.expect("#")
    tty.sendline("exit")
    tty.expect(pexpect.EOF)
    heard(daemon, "LOGOUT")


def test_every_third_login(new_daemon):
    d = new_daemon(config=["logging buffered 1000000", "login on-success log every 3"])
    for _ in range(5):
        d.ctl("show clock")
    said = re.findall("LOGIN_SUCCESS", d.show("show logging"))
    assert len(said) == 2  # of six, this one among them
    assert "login on-success log every 3" in d.show("show running-config")
    assert "LOGOUT" not in d.show("show logging")
    answer = d.ctl("configure terminal", "login on-success trap", "end")
    assert answer.code == 1 and "not sent here" in answer.out
    subprocess.run([os.path.join(tree.BUILD, "eventctl"), "--socket", d.socket, "-c", "configure terminal", "-c", "no login on-success log"], check=True)
    assert "login on-success" not in d.show("show running-config")
