"""What IP SLA operations put on the wire: TOS and traffic class, sources, ports, sizes and patterns, as tshark sees them."""

import socket
import struct
import threading

import pytest

import tree
from netns import Pair, Unavailable
from test_sla import row

FAST = ("threshold 300", "timeout 400", "frequency 1")
TOS = {4: "ip.dsfield", 6: "ipv6.tclass"}


@pytest.fixture
def pair(new_daemon):
    try:
        with Pair(addresses=("192.0.2.1/24", "192.0.2.7/24", "2001:db8::1/64"), peer_addresses=("192.0.2.2/24", "2001:db8::2/64")) as p:
            for ns, device in ((p.first, "eth0"), (p.second, "peer0")):
                ns.run("sysctl", "-qw", "net.ipv6.conf.%s.accept_dad=0" % device)
            yield p, new_daemon(netns=p.first.name)
    except Unavailable as e:
        pytest.skip(str(e))


def operation(daemon, number, *lines):
    daemon.configure("ip sla %d" % number, *lines, *FAST, "ip sla schedule %d life forever start-time now" % number)


class Capture(threading.Thread):
    """What arrives at peer0, in a file for tshark."""

    def __init__(self, ns, directory, tshark):
        super().__init__(daemon=True)
        self.file, self.tshark, self.ended = str(directory / "wire.pcap"), tshark, False
        with ns.entered():
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("peer0", 3))
        self.socket.settimeout(0.2)
        self.out = open(self.file, "wb", buffering=0)
        self.out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.start()

    def run(self):
        while not self.ended:
            try:
                data = self.socket.recv(65535)
            except socket.timeout:
                continue
            self.out.write(struct.pack("=IIII", 0, 0, len(data), len(data)) + data)

    def fields(self, wanted, *names):
        out = self.tshark("-r", self.file, "-Y", wanted, "-T", "fields", *(x for n in names for x in ("-e", n)))
        return [tuple(line.split("\t")) for line in out.splitlines()]

    def close(self):
        self.ended = True
        self.join()
        self.socket.close()
        self.out.close()


@pytest.fixture
def capture(pair, tmp_path, tshark):
    c = Capture(pair[0].second, tmp_path, tshark)
    yield c
    c.close()


def test_tos_of_every_type(pair, capture):
    _, daemon = pair
    kinds = (("icmp-echo %s", "icmp", "icmpv6"), ("tcp-connect %s 81 control disable", "tcp.port==81", "tcp.port==81"),
             ("udp-echo %s 82 control disable", "udp.port==82", "udp.port==82"),
             ("udp-jitter %s 83 num-packets 2 interval 20 control disable", "udp.port==83", "udp.port==83"),
             ("dns www.example.net name-server %s", "udp.port==53", "udp.port==53"), ("http get http://%s:84/", "tcp.port==84", "tcp.port==84"),
             ("udp-echo %s 85", "udp.port==1167", "udp.port==1167"), ("icmp-jitter %s num-packets 2 interval 20", "icmp.type==13", None))
    wanted = []
    for n, (line, v4, v6) in enumerate(kinds):
        for version, address, expression, word in ((4, "192.0.2.2", v4, "tos"), (6, "2001:db8::2", v6, "traffic-class")):
            if expression is None:
                continue
            number, value = 10 * (n + 1) + version, 8 * (n + 1) + (0x80 if version == 6 else 0)
            target = "[%s]" % address if "http" in line and version == 6 else address
            operation(daemon, number, line % target, "%s %d" % (word, value))
            source = "ip.src==192.0.2.1" if version == 4 else "ipv6.src==2001:db8::1"
            wanted.append((line, version, "%s && %s" % (source, expression), "0x%02x" % value))
    for line, version, expression, value in wanted:
        def seen():
            return {r[0] for r in capture.fields(expression, TOS[version])}
        mark = {value, str(int(value, 16)), "0x%08x" % int(value, 16)}
        assert tree.wait_for(lambda: seen() & mark, every=0.5), (line, version, value, seen())


def test_sources_sizes_and_patterns(pair, capture):
    _, daemon = pair
    operation(daemon, 1, "icmp-echo 192.0.2.2 source-ip 192.0.2.7", "request-data-size 40", "data-pattern 01020304")
    operation(daemon, 2, "udp-echo 192.0.2.2 91 source-ip 192.0.2.7 source-port 4091 control disable", "request-data-size 20")
    operation(daemon, 3, "tcp-connect 192.0.2.2 92 source-ip 192.0.2.7 source-port 4092 control disable")
    operation(daemon, 4, "udp-jitter 192.0.2.2 93 num-packets 2 interval 20 source-ip 192.0.2.7 source-port 4093 control disable",
              "request-data-size 60")
    operation(daemon, 5, "http get http://192.0.2.2:94/ source-ip 192.0.2.7 source-port 4094")
    operation(daemon, 6, "dns a.example name-server 192.0.2.2 source-ip 192.0.2.7 source-port 4095")
    operation(daemon, 7, "icmp-echo 2001:db8::2 source-interface eth0", "request-data-size 100")
    for expression, names, line in (
            ("icmp.type==8", ("ip.src", "data.len"), ("192.0.2.7", "48")), ("udp.dstport==91", ("ip.src", "udp.srcport", "udp.length"),
                                                                            ("192.0.2.7", "4091", "28")),
            ("tcp.dstport==92", ("ip.src", "tcp.srcport"), ("192.0.2.7", "4092")),
            ("udp.dstport==93", ("ip.src", "udp.srcport", "udp.length"), ("192.0.2.7", "4093", "68")),
            ("tcp.dstport==94", ("ip.src", "tcp.srcport"), ("192.0.2.7", "4094")),
            ("udp.dstport==53", ("ip.src", "udp.srcport"), ("192.0.2.7", "4095")),
            ("icmpv6.type==128", ("ipv6.src", "data.len"), ("2001:db8::1", "108"))):
        assert tree.wait_for(lambda: line in capture.fields(expression, *names), every=0.5), capture.fields(expression, *names)
    data = capture.fields("icmp.type==8", "data.data")[0][0].replace(":", "")
    assert data.endswith("01020304" * 10)
    assert row(daemon, 1)["address"] == "192.0.2.2"
