"""From the world to the mailbox: a link that really goes down, and syslog from the network, trigger applets."""

import os
import re
import socket

import pytest

import tree
from daemon import Daemon
from mailhost import MailHost, Unavailable
from transcript import entries

EXAMPLES = os.path.join(tree.PROJECT, "examples")
HOST = "mail.example.test"


def lines_of(name):
    with open(os.path.join(EXAMPLES, name)) as f:
        return [line for line in f.read().splitlines() if line.strip() and not line.startswith("!")]


# --- links ---

@pytest.fixture
def linked(netns, new_daemon):
    return netns, new_daemon(netns=netns.name)


def link_messages(daemon):
    return [line for line in entries(daemon.show("show logging")) if line.startswith(("%LINK", "%LINEPROTO"))]


def wait_links(daemon, count):
    assert tree.wait_for(lambda: len(link_messages(daemon)) >= count), daemon.show("show logging")
    return sorted(link_messages(daemon))


def test_both_ends_of_a_link_tell_their_own_story(linked):
    """One end is shut, the other loses its carrier; and back again."""
    namespace, daemon = linked
    daemon.ctl("clear logging")
    namespace.down("peer0")
    assert wait_links(daemon, 4) == [
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface eth0, changed state to down",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface peer0, changed state to down",
        "%LINK-3-UPDOWN: Interface eth0, changed state to down",
        "%LINK-5-CHANGED: Interface peer0, changed state to administratively down"]
    daemon.ctl("clear logging")
    namespace.up("peer0")
    assert wait_links(daemon, 4) == [
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface eth0, changed state to up",
        "%LINEPROTO-5-UPDOWN: Line protocol on Interface peer0, changed state to up",
        "%LINK-3-UPDOWN: Interface eth0, changed state to up",
        "%LINK-3-UPDOWN: Interface peer0, changed state to up"]


def test_the_severity_of_a_link_message_triggers(linked):
    namespace, daemon = linked
    for name, pattern in (("CARRIER", "%LINK-3-UPDOWN: Interface eth0, .* down"), ("SHUT", "%LINK-5-CHANGED: Interface peer0"),
                          ("NEVER", "%LINK-3-UPDOWN: Interface peer0, .* down")):
        daemon.configure("event manager applet " + name, 'event syslog pattern "%s"' % pattern,
                         'action 1.0 syslog msg "$_syslog_facility $_syslog_mnemonic $_syslog_priority"')
    namespace.down("peer0")
    daemon.wait_log("%HA_EM-6-LOG: CARRIER: LINK UPDOWN errors")
    daemon.wait_log("%HA_EM-6-LOG: SHUT: LINK CHANGED notifications")
    wait_links(daemon, 4)
    assert "NEVER:" not in daemon.show("show logging")


def test_an_interface_that_goes_away(linked):
    namespace, daemon = linked
    daemon.ctl("clear logging")
    namespace.ip("link", "delete", "eth0")
    daemon.wait_log("%LINEPROTO-5-UPDOWN: Line protocol on Interface eth0, changed state to down")
    assert daemon.show("show clock")


def test_an_interface_that_is_renamed(linked):
    """Under way, without being shut: the one that was watched is not there any more, and another is."""
    namespace, daemon = linked
    daemon.configure("track 1 interface eth0 line-protocol", "track 2 interface core0 line-protocol")
    daemon.ctl("clear logging")
    try:
        namespace.ip("link", "set", "eth0", "name", "core0")
    except Exception:
        namespace.down("eth0")  # kernels before 6.2
        namespace.ip("link", "set", "eth0", "name", "core0")
        namespace.up("core0")
    assert tree.wait_for(lambda: "%LINK-3-UPDOWN: Interface core0, changed state to up" in link_messages(daemon))
    assert "%LINK-5-CHANGED: Interface eth0, changed state to administratively down" in link_messages(daemon)
    daemon.wait_log("%TRACK-6-STATE: 1 interface eth0 line-protocol Up -> Down")
    daemon.wait_log("%TRACK-6-STATE: 2 interface core0 line-protocol Down -> Up")
    assert "(no such interface)" in daemon.show("show track 1")


def test_a_link_flap_becomes_a_mail(netns, pki, tmp_path):
    """The applet of examples/ as it stands, by a real Postfix on port 587."""
    try:
        host = MailHost(pki.path("chain.pem"), pki.path("leaf-key.pem"), submission=587, netns=netns.name).start()
    except Unavailable as why:
        pytest.skip(str(why))
    try:
        with Daemon(tmp_path, settings={"hostname": "r1"}, netns=netns.name, hosts="127.0.0.1 " + HOST) as daemon:
            daemon.configure(*lines_of("secure-mail.cfg"), *lines_of("link-down.cfg"))
            daemon.authenticate("ROOT", pki.path("root.pem"))
            netns.down("peer0")
            mail, = host.wait_mail(1)
            assert re.fullmatch("Link down: (eth0|peer0)", mail["Subject"]) and mail["X-EEM-Applet"] == "LINK-DOWN"
            interface = mail["Subject"].split()[-1]
            assert "%%LINEPROTO-5-UPDOWN: Line protocol on Interface %s, changed state to down" % interface in mail.get_content()
            daemon.wait_log("%%HA_EM-4-LOG: LINK-DOWN: mail about %s: sent" % interface)
            # Four changes in one burst: ratelimit 60 made one mail of them.
            netns.up("peer0")
            wait_links(daemon, 8)
            history = daemon.show("show event manager history events")
            assert len(re.findall("applet: LINK-DOWN", history)) == 1, history
            assert len(host.mails()) == 1
    finally:
        host.stop()


def test_a_flapping_link_is_damped(linked):
    """examples/flapping.cfg as it stands, but for the mail: what passed and what was held are all there was."""
    namespace, daemon = linked
    lines = [line for line in lines_of("flapping.cfg") if "mail server" not in line]
    at = next(i for i, line in enumerate(lines) if "action 1.0 regexp" in line)
    lines.insert(at + 1, ' action 2.0 syslog msg "told: $_damped_key $state ($_damped_count)"')
    daemon.configure(*lines)
    daemon.ctl("clear logging")
    for _ in range(10):
        namespace.down("peer0")
        namespace.up("peer0")

    def changes():
        return [m for m in link_messages(daemon) if m.startswith("%LINEPROTO-5-UPDOWN: Line protocol on Interface eth0,")]

    def state():
        return next((k for k in daemon.json("show event manager damping")["damping"] if k["key"] == "eth0"), None)

    assert tree.wait_for(lambda: changes() and changes()[-1].endswith("up") and state()["held"] == len(changes()) - 2 > 0)
    assert state()["state"] == "damped"
    daemon.ctl("clear event manager damping")
    daemon.wait_log("FLAPPING: eth0 released after")
    daemon.wait_log(r"told: eth0 up \(")
    log = daemon.show("show logging")
    told = re.findall(r"told: eth0 (?:up|down) \((\d+)\)", log)
    held, = re.findall(r"FLAPPING: eth0 released after \d+ seconds?, (\d+) events? held", log)
    assert told == ["0", "0", held]
    assert len(changes()) == 2 + int(held)


# --- syslog from the network ---

class Senders:
    """One eventd that listens in every way, and a way to send to each listener."""

    def __init__(self, daemon, udp, tcp, unix):
        self.daemon, self.udp, self.tcp, self.unix = daemon, udp, tcp, unix

    def send_udp(self, *messages):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for message in messages:
                s.sendto(message.encode(), ("127.0.0.1", self.udp))

    def send_tcp_lines(self, *messages):
        with socket.create_connection(("127.0.0.1", self.tcp)) as s:
            s.sendall("".join(m + "\n" for m in messages).encode())

    def send_tcp_counted(self, *messages):
        with socket.create_connection(("127.0.0.1", self.tcp)) as s:
            for message in messages:
                data = b"%d %s" % (len(message.encode()), message.encode())
                s.sendall(data[:3])  # torn apart, as networks do
                s.sendall(data[3:])

    def send_unix(self, *messages):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            for message in messages:
                s.sendto(message.encode(), self.unix)


@pytest.fixture(scope="module")
def senders(module_daemon, tmp_path_factory):
    udp, tcp = tree.free_port(kind=socket.SOCK_DGRAM), tree.free_port()
    unix = str(tmp_path_factory.mktemp("log") / "log")
    daemon = module_daemon(settings={"syslog": {"listen": ["udp://127.0.0.1:%d" % udp, "tcp://127.0.0.1:%d" % tcp, "unix://" + unix]}})
    return Senders(daemon, udp, tcp, unix)


def triggered(senders, pattern, send, action, wait, options=""):
    """The log after an applet on this pattern has seen what `send` sends; it must have the line to wait for."""
    daemon = senders.daemon
    daemon.configure("no event manager applet NET", "event manager applet NET", 'event syslog %s pattern "%s"' % (options, pattern),
                     "action 1.0 syslog msg \"%s\"" % action)
    daemon.ctl("clear logging")
    send()
    daemon.wait_log(wait)
    return [line for line in entries(daemon.show("show logging")) if line.startswith("%HA_EM-6-LOG: NET: ")]


WAYS = ["send_udp", "send_tcp_lines", "send_tcp_counted", "send_unix"]
MESSAGE = "<187>Mar  1 18:46:11: %%LINEPROTO-5-UPDOWN: Line protocol on Interface Gi0/%d, changed state to down"


@pytest.mark.parametrize("way", WAYS)
def test_a_message_from_the_network_triggers(senders, way):
    got = triggered(senders, "LINEPROTO-5-UPDOWN.*Gi0/7,", lambda: getattr(senders, way)(MESSAGE % 6, MESSAGE % 7, MESSAGE % 8),
                    "$_syslog_facility/$_syslog_mnemonic/$_syslog_priority", "%HA_EM-6-LOG: NET: LINEPROTO")
    assert got == ["%HA_EM-6-LOG: NET: LINEPROTO/UPDOWN/notifications"]


@pytest.mark.parametrize("way", WAYS)
def test_what_rfc5424_and_plain_senders_write(senders, way):
    send = getattr(senders, way)
    got = triggered(senders, "pam_unix", lambda: send("<86>1 2026-01-02T03:04:05.678Z host sshd 811 LOGIN - pam_unix: session opened"),
                    "$_syslog_facility/$_syslog_mnemonic/$_syslog_priority", "NET: ")
    assert got == ["%HA_EM-6-LOG: NET: authpriv/sshd/informational"]
    got = triggered(senders, "oom-killer", lambda: send("<2>Jan  2 03:04:05 host kernel: oom-killer was here"),
                    "$_syslog_facility/$_syslog_priority", "NET: ")
    assert got == ["%HA_EM-6-LOG: NET: kern/critical"]


def test_received_messages_are_kept_apart(senders):
    triggered(senders, "APART-5-ONE", lambda: senders.send_udp("<189>1: r7: *Mar  1 00:00:01.000: %APART-5-ONE: from afar"), "seen", "NET: seen")
    assert "APART" not in senders.daemon.show("show logging")
    received = senders.daemon.show("show logging received")
    assert "%APART-5-ONE: from afar" in received and "udp 127.0.0.1" in received


def test_foreign_text_reaches_an_applet_but_not_a_terminal(senders):
    """In the variable as it came; on a screen its controls are printed as what they are."""
    triggered(senders, "EVIL-5-ESC", lambda: senders.send_udp("<189>%EVIL-5-ESC: \x1b[2J\x07gone"), "$_syslog_msg", "EVIL-5-ESC")
    log = senders.daemon.show("show logging")
    assert "\x1b" not in log and r"\x1B[2J\x07gone" in log


def seen(senders):
    """Everything sent before has had its effect once an applet on a last message has run."""
    senders.count = getattr(senders, "count", 0) + 1
    marker = "MARK-5-M%d:" % senders.count
    senders.daemon.configure("event manager applet MARK", 'event syslog pattern "%s"' % marker, 'action 1.0 syslog msg "saw %s"' % marker)
    senders.send_udp("<189>%" + marker)
    senders.daemon.wait_log("MARK: saw " + marker)
    return [line for line in entries(senders.daemon.show("show logging")) if line.startswith("%HA_EM-6-LOG: NET: ")]


def test_occurs_counts_matches(senders):
    daemon = senders.daemon

    def send():
        senders.send_udp(*["<189>%%COUNT-5-N: number %d" % n for n in range(1, 9)])
    triggered(senders, "COUNT-5-N", send, "$_syslog_msg", "number 6", options="occurs 3")
    seen(senders)
    texts = [re.search(r"number (\d)", line) for line in entries(daemon.show("show logging"))]
    assert [m.group(1) for m in texts if m] == ["3", "6"]


def test_occurs_within_a_period(senders):
    senders.daemon.configure("no event manager applet NET", "event manager applet NET",
                             'event syslog occurs 3 pattern "PERIOD-5-N" period 3600', 'action 1.0 syslog msg "fired"')
    senders.daemon.ctl("clear logging")
    senders.send_udp(*["<189>%PERIOD-5-N: x"] * 2)
    assert seen(senders) == []
    senders.send_udp("<189>%PERIOD-5-N: x")
    assert seen(senders) == ["%HA_EM-6-LOG: NET: fired"]


def test_priority_and_ratelimit(senders):
    def send():
        senders.send_udp("<189>%PRIO-5-N: too low", "<187>%PRIO-3-N: high enough", "<187>%PRIO-3-N: too soon")
    triggered(senders, "PRIO-", send, "$_syslog_msg", "high enough", options="priority errors ratelimit 60")
    seen(senders)
    log = "\n".join(line for line in entries(senders.daemon.show("show logging")) if "PRIO" in line)
    assert "high enough" in log and "too low" not in log and "too soon" not in log


def test_an_applet_does_not_trigger_itself(senders):
    """Its own message is what it waits for; another applet is triggered by it."""
    senders.daemon.configure("event manager applet OTHER", 'event syslog pattern "LOG: NET: ECHO"', 'action 1.0 syslog msg "heard it"')
    triggered(senders, "ECHO-5-X", lambda: senders.send_udp("<189>%ECHO-5-X: once"), "ECHO-5-X again", "NET: ECHO")
    senders.daemon.wait_log("OTHER: heard it")
    assert seen(senders) == ["%HA_EM-6-LOG: NET: ECHO-5-X again"]
