"""IP SLA between two eventds, and against senders and responders that speak as routers do."""

import os
import select
import signal
import socket
import struct
import threading

import pytest

import tree
from test_cli import Shell
from test_sla import FAST, operation, row, wait_code  # noqa: F401


def jitter(daemon, number):
    return row(daemon, number).get("jitter") or {}


class Inside:
    """An eventd in a namespace of its own, whose ports nobody else has, and sockets there."""

    def __init__(self, namespace, daemon):
        self.namespace, self.daemon = namespace, daemon

    def __getattr__(self, name):
        return getattr(self.daemon, name)

    def socket(self, kind=socket.SOCK_DGRAM, address=None):
        with self.namespace.entered():
            s = socket.socket(socket.AF_INET, kind)
        s.settimeout(5)
        if address:
            s.bind(address)
        return s

    def listening(self, port):
        """By the kernel's table: a try to take the port could keep the responder from it."""
        for table in ("udp", "udp6"):
            with open("/proc/%d/net/%s" % (self.pid, table)) as f:
                if any(int(row.split()[1].rpartition(":")[2], 16) == port for row in f.read().splitlines()[1:]):
                    return True
        return False

    def ask(self, to, data):
        with self.socket() as s:
            s.sendto(data, to)
            return s.recvfrom(2048)[0]


@pytest.fixture
def daemon(netns, new_daemon):
    return Inside(netns, new_daemon(netns=netns.name))


@pytest.fixture
def responder(daemon):
    daemon.configure("ip sla responder")
    assert tree.wait_for(lambda: daemon.listening(1967) and daemon.listening(1167))
    return daemon


def test_every_kind_with_control(responder):
    """Sender and responder in one: the ports are opened by control messages, and closed again."""
    operation(responder, 1, "udp-jitter 127.0.0.1 17000 num-packets 10 interval 10", "tag voice")
    operation(responder, 2, "udp-echo 127.0.0.1 17001", "verify-data")
    operation(responder, 3, "tcp-connect 127.0.0.1 17002", fast=("threshold 500", "timeout 900", "frequency 1"))
    operation(responder, 4, "udp-jitter ::1 17003 num-packets 5 interval 10", "precision microseconds")
    operation(responder, 5, "udp-jitter 127.0.0.1 17004 codec g711ulaw codec-numpackets 20 codec-interval 10")
    for number in (1, 2, 3, 4, 5):
        wait_code(responder, number, "OK")
    assert tree.wait_for(lambda: jitter(responder, 1).get("rtt_count") == 10)
    seen = jitter(responder, 1)
    assert seen["sent"] == 10 and seen["loss"] == 0 and seen["out_of_sequence"] == 0
    assert seen["jitter_sd_count"] == 9 and seen["jitter_ds_count"] == 9 and seen["latency_count"] == 10
    assert seen["latency_sd_sum"] + seen["latency_ds_sum"] <= seen["rtt_sum"] + 10 * 1000
    shown = responder.show("show ip sla statistics 4")
    assert shown.count(" microseconds\n") == 6 and " milliseconds" not in shown and "RTT Min/Avg/Max: 0/" not in shown, shown
    assert jitter(responder, 5)["icpif"] == 1 and jitter(responder, 5)["mos"] == 4.34
    shown = responder.show("show ip sla statistics 1")
    assert "Type of operation: udp-jitter" in shown and "        Number Of RTT: 10 " in shown
    shown = responder.json("show ip sla responder")
    assert shown["enabled"] and shown["received"] >= 5 and shown["sources"][0]["address"] in ("127.0.0.1", "::1")
    responder.configure("no ip sla responder")
    assert tree.wait_for(lambda: not responder.listening(1967))
    wait_code(responder, 1, "No connection")


def control_v1(port, identity=0xB8, command=4, duration=7000):
    """As captured from a router."""
    return (bytes([1, identity]) + struct.pack("!HIHHI", 52, 0, command, 16, 0) + bytes([127, 0, 0, 1])
            + struct.pack("!HHHH", port, duration, 1, 28) + bytes(24))


def test_the_responder_answers_a_router(responder):
    """Octet by octet what a router sends and gets: the control message, then packets of the millisecond kind."""
    answer = responder.ask(("127.0.0.1", 1967), control_v1(17100))
    assert answer == bytes.fromhex("01b80018000000000004001000000000" "7f00000142cc1b58")
    with responder.socket() as s:
        for number in (1, 2):
            sent = struct.pack("!HHIIHH", 2, 0, 84607654 + number, 0, number, 0) + b"\xab\xcd" * 8
            s.sendto(sent, ("127.0.0.1", 17100))
            got = s.recv(2048)
            kind, delta, sent_at, received_at, sequence, responder_sequence = struct.unpack("!HHIIHH", got[:16])
            assert (kind, sent_at, sequence, responder_sequence) == (2, 84607654 + number, number, number)
            assert 0 <= received_at < 86400000 and delta < 1000 and got[16:] == sent[16:]
        s.sendto(b"no measurement packet", ("127.0.0.1", 17100))
        assert s.recv(2048) == b"no measurement packet"


def control_v2(port, mode=0):
    udp = (struct.pack("!HHI", 2, 0, 92) + bytes([2, 1, 0, 0]) + struct.pack("!I", 7)
           + (bytes([127, 0, 0, 1]) + bytes(12)) * 4 + struct.pack("!HHHHI", 50000, 0, 40000, port, 8000))
    authentication = struct.pack("!HHI", 1, 0, 60) + bytes([mode]) + bytes(51)
    body = authentication + udp
    return bytes([2, 0, 0, 0]) + struct.pack("!II", 1234, 20 + len(body)) + bytes(8) + body


def test_the_responder_answers_rfc6812(responder):
    answer = responder.ask(("127.0.0.1", 1167), control_v2(17101))
    assert answer[:4] == bytes([2, 0, 0, 0]) and answer[4:8] == struct.pack("!I", 1234) and len(answer) == 172
    assert answer[12:20] != bytes(8), "the time of the answer"
    with responder.socket() as s:
        s.sendto(struct.pack("!HH", 3, 0) + b"\xe8\0\0\1\x80\0\0\0" + bytes(40) + struct.pack("!HH", 7, 0), ("127.0.0.1", 17101))
        got = s.recv(2048)
        assert got[4:12] == b"\xe8\0\0\1\x80\0\0\0" and got[52:56] == struct.pack("!HH", 7, 1)
        received, sent = (struct.unpack("!Q", got[i:i + 8])[0] for i in (12, 20))
        assert 0 < received <= sent < received + (1 << 32)
    # a key that nobody has, a port that somebody else has, and nonsense
    assert responder.ask(("127.0.0.1", 1167), control_v2(17102, mode=2))[2:4] == b"\0\2"
    with responder.socket(address=("0.0.0.0", 0)) as taken:
        assert responder.ask(("127.0.0.1", 1167), control_v2(taken.getsockname()[1]))[2:4] == b"\0\4"
    wrong = control_v2(17103)
    assert responder.ask(("127.0.0.1", 1167), wrong[:81] + b"\x09" + wrong[82:])[2:4] == b"\0\3"
    assert responder.json("show ip sla responder")["errors"] >= 0
    assert tree.wait_for(lambda: responder.json("show ip sla responder")["errors"] == 3)
    assert len(responder.json("show ip sla responder")["error_sources"]) == 3


class OldRouter(threading.Thread):
    """A responder of version 1 only, that loses what `lose` says and answers late when it is told to."""

    def __init__(self, inside, lose=lambda n: False):
        super().__init__(daemon=True)
        self.lose, self.ended, self.asked = lose, False, []
        self.control, self.port = inside.socket(address=("127.0.0.1", 1967)), inside.socket(address=("127.0.0.1", 0))
        self.number = self.port.getsockname()[1]
        self.start()

    def run(self):
        count = 0
        while not self.ended:
            for s in select.select([self.control, self.port], [], [], 0.2)[0]:
                data, peer = s.recvfrom(2048)
                if s is self.control:
                    self.asked.append(data)
                    count = 0
                    s.sendto(data[:2] + b"\0\x18" + data[4:24], peer)
                    continue
                count += 1
                number = struct.unpack("!H", data[12:14])[0]
                if not self.lose(number):
                    s.sendto(data[:8] + struct.pack("!I", 1000) + data[12:14] + struct.pack("!H", count) + data[16:], peer)

    def close(self):
        self.ended = True
        self.join()
        self.control.close()
        self.port.close()


@pytest.fixture
def old_router(daemon):
    made = []

    def make(**how):
        made.append(OldRouter(daemon, **how))
        return made[-1]
    yield make
    for one in made:
        one.close()


def test_a_responder_of_version_1(daemon, old_router):
    """The replies to packets 3 and 4 are lost on the way back: the responder's numbers tell which way."""
    router = old_router(lose=lambda n: n in (3, 4))
    daemon.configure("ip sla enable reaction-alerts", "ip sla logging traps")
    operation(daemon, 1, "udp-jitter 127.0.0.1 %d num-packets 8 interval 10" % router.number)
    daemon.configure("ip sla reaction-configuration 1 react packetLossDS threshold-value 1 1 threshold-type immediate action-type trapOnly",
                     "event manager applet LOSS", "event ipsla operation-id 1 reaction-type packetLossDS",
                     'action 1.0 syslog msg "$_ipsla_react_type $_ipsla_measured_threshold_value"')
    wait_code(daemon, 1, "OK")
    assert tree.wait_for(lambda: jitter(daemon, 1).get("loss") == 2)
    seen = jitter(daemon, 1)
    assert seen["loss_ds"] == 2 and seen["loss_sd"] == 0 and seen["loss_ds_periods"] == 1 and seen["mia"] == 0
    asked = router.asked[0]
    assert asked[0] == 1 and asked[2:4] == b"\0\x34" and asked[8:12] == b"\0\x04\0\x10" and asked[16:20] == b"\x7f\0\0\1"
    daemon.wait_log(r"%RTT-3-IPSLATHRESHOLD: IP SLAs\(1\): Threshold exceeded for packetLossDS")
    daemon.wait_log("LOSS: packetLossDS 2")


def test_icmp_jitter(daemon):
    operation(daemon, 1, "icmp-jitter 127.0.0.1 num-packets 5 interval 10")
    wait_code(daemon, 1, "OK")
    seen = jitter(daemon, 1)
    assert seen["sent"] == 5 and seen["rtt_count"] == 5 and seen["jitter_sd_count"] == 4 and seen["loss"] == 0
    assert "Type of operation: icmp-jitter" in daemon.show("show ip sla statistics 1")


def test_the_example_of_a_call(responder):
    """examples/voice.cfg as it stands, but for the address and its mail."""
    with open(os.path.join(tree.PROJECT, "examples", "voice.cfg")) as f:
        lines = f.read().replace("192.0.2.2", "127.0.0.1").replace("frequency 60", "frequency 5").splitlines()
    responder.configure(*[line for line in lines if "mail server" not in line])
    wait_code(responder, 10, "OK")
    seen = jitter(responder, 10)
    assert seen["sent"] == 100 and seen["rtt_count"] == 100 and seen["mos"] == 4.34
    assert "Mean Opinion Score (MOS): 4.34" in responder.show("show ip sla statistics 10")
    assert responder.json("show track 10")["tracks"][0]["operation"] == 10


def test_prompts_and_help_say_the_type(daemon):
    """Behind the type line the mode has its name; `?` offers what may follow."""
    shell = daemon.eventctl(input="configure terminal\nip sla 7\nudp-jitter 192.0.2.1 5000 ?\nudp-jitter 192.0.2.1 5000\nhistory ?\n"
                            "ip sla schedule 7 start-time ?\ntrack timer ?\nip sla responder ?\n")
    for word in ("codec", "num-packets", "control", "buckets-kept", "enhanced", "random", "pending", "stub-object", "udp-echo"):
        assert "\n  %s " % word in shell.out, (word, shell.out)


def test_prompts_say_the_type(new_daemon):
    shell = Shell(new_daemon(config=["hostname R1"]))
    shell.type("configure terminal", "R1(config)#")
    for number, (line, mode) in enumerate((
            ("icmp-echo 192.0.2.1", "echo"), ("udp-echo 192.0.2.1 7", "udp"), ("udp-jitter 192.0.2.1 5000", "jitter"),
            ("tcp-connect 192.0.2.1 80", "tcp"), ("http get http://192.0.2.1/", "http"), ("dns a.test name-server 192.0.2.1", "dns"),
            ("icmp-jitter 192.0.2.1", "icmpjitter")), 1):
        shell.type("ip sla %d" % number, "R1(config-ip-sla)#")
        shell.type(line, "R1(config-ip-sla-%s)#" % mode)
        shell.type("frequency 90", "R1(config-ip-sla-%s)#" % mode)
        shell.type("exit", "R1(config)#")
    shell.type("ip sla 1", "R1(config-ip-sla-echo)#")
    shell.type("end")
    shell.close()


def test_permanent_ports(daemon):
    udp, tcp = 7, 8  # below 1024
    daemon.configure("ip sla responder udp-echo ipaddress 127.0.0.1 port %d" % udp,
                     "ip sla responder tcp-connect ipaddress 127.0.0.1 port %d" % tcp)
    operation(daemon, 1, "udp-echo 127.0.0.1 %d control disable" % udp, "verify-data")
    operation(daemon, 2, "tcp-connect 127.0.0.1 %d control disable" % tcp)
    operation(daemon, 3, "udp-jitter 127.0.0.1 %d num-packets 5 interval 10 control disable" % udp)
    for number in (1, 2, 3):
        wait_code(daemon, number, "OK")
    shown = daemon.show("show ip sla responder")
    assert "General IP SLA Responder is: Disabled" in shown and "Permanent Port IP SLA Responder is: Enabled" in shown
    assert "  %-22s %d\n" % ("127.0.0.1", udp) in shown
    daemon.configure("no ip sla responder udp-echo ipaddress 127.0.0.1 port %d" % udp)
    wait_code(daemon, 1, "No connection")


def test_a_killed_responder_listens_again(responder):
    def pid():
        rows = responder.json("show system processes")["processes"]
        return next((r["pid"] for r in rows if r["name"] == "eventd-probe"), None)
    first = pid()
    os.kill(first, signal.SIGKILL)
    assert tree.wait_for(lambda: pid() not in (None, 0, first) and responder.listening(1967))
    assert responder.ask(("127.0.0.1", 1967), control_v1(17100))[:2] == b"\x01\xb8"
