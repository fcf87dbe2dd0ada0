"""What a capture shows of logins, and what its files hold: real conversations with planted secrets."""

import base64
import json
import os
import re
import struct

import frames
import pytest
import tree
from frames import ethernet, fragment, ipv4, ipv6, options, tcp, udp
from test_capture import flash
from test_capture_triggers import applet, start, wait_kept, wait_taken

SECRET = "Xy-hunter2-Zz"
PLAIN = base64.b64encode(("\0joe\0" + SECRET).encode()).decode()
SNMP = b"\x30\x1a\x02\x01\x01\x04" + bytes([len(SECRET)]) + SECRET.encode() + b"\xa0\x06\x02\x01\x01\x02\x01\x00"

# (port, what the client says piece by piece); the server answers each piece with a line of its own.
TALKS = {
    "ftp": (21, ["USER joe\r\n", "PASS %s\r\n" % SECRET]),
    "smtp": (25, ["EHLO me\r\n", "AUTH PLAIN %s\r\n" % PLAIN]),
    "smtp elsewhere": (8025, ["EHLO me\r\n", "AUTH LOGIN\r\n", "am9l\r\n", base64.b64encode(SECRET.encode()).decode() + "\r\n"]),
    "pop3 letter by letter": (110, ["PASS "] + list(SECRET) + ["\r\n"]),
    "imap": (143, ["a1 LOGIN joe %s\r\n" % SECRET]),
    "http": (80, ["GET /?password=%s HTTP/1.1\r\n" % SECRET, "Authorization: Bearer %s\r\n\r\n" % SECRET]),
    "telnet": (23, ["joe\r\n"] + list(SECRET) + ["\r\n"]),
    "url": (8080, ["POST / HTTP/1.1\r\n\r\nhttp://joe:%s@mail.example.net/" % SECRET]),
}
SERVER = """
import socket, threading, json, sys
port, pieces = json.loads(sys.argv[1])
l = socket.socket(); l.setsockopt(1, 2, 1); l.bind(('127.0.0.1', port)); l.listen()
c = socket.create_connection(('127.0.0.1', port)); s, _ = l.accept()
c.setsockopt(6, 1, 1)
for piece in pieces:
    c.sendall(piece.encode())
    got = b''
    while len(got) < len(piece): got += s.recv(4096)
    s.sendall(b'+\\r\\n'); c.recv(99)
c.close(); s.close()
"""


@pytest.fixture
def capture(netns, new_daemon):
    return new_daemon(netns=netns.name)


def mac(netns, interface):
    with_address = json.loads(netns.ip("-j", "link", "show", interface))
    return bytes.fromhex(with_address[0]["address"].replace(":", ""))


def talk(netns, port, pieces):
    netns.run("/usr/bin/python3", "-c", SERVER, json.dumps([port, pieces]))


def spoken(packets):
    """All payload octets that a dump shows, in order."""
    return b"".join(bytes.fromhex(p["data"]) for p in packets)


def letters(text):
    """The letters column of a dump in text."""
    return "".join(re.findall(r"^  [0-9A-F]{4}:  .{35}   (.*)$", text, re.M))


@pytest.mark.parametrize("name", TALKS)
def test_no_secret_is_shown(capture, netns, tshark, name):
    port, pieces = TALKS[name]
    start(capture, "CAP", "interface lo in", "match ipv4 protocol tcp any any", "limit pps 1000000", "buffer circular")
    talk(netns, port, pieces)
    wait_kept(capture, 8)
    assert capture.ctl("monitor capture CAP export flash:all.pcap").code == 0
    secrets = [SECRET, PLAIN, base64.b64encode(SECRET.encode()).decode()]
    packets = capture.json("show monitor capture CAP buffer dump")["packets"]
    sizes = [p["size"] for p in packets]
    # What was typed letter by letter is shown letter by letter: each packet of the login has none of them.
    if any(len(piece) == 1 for piece in pieces):
        typed = [bytes.fromhex(p["data"])[-1:] for p in packets if p["size"] == min(sizes) + 1]
        assert typed and set(typed) == {b"*"}
    else:
        assert not any(s.encode() in spoken(packets) for s in secrets)
    assert b"***" in spoken(packets) or any(len(piece) == 1 for piece in pieces)
    for form in ("dump", "detailed"):
        assert not any(s in letters(capture.show("show monitor capture CAP buffer " + form)) for s in secrets)
    # The file that somebody asked for has it all.
    with open(flash(capture, "all.pcap"), "rb") as f:
        whole = f.read()
    assert any(s.encode() in whole for s in secrets) or any(len(piece) == 1 for piece in pieces)


@pytest.mark.parametrize("more, is_there", [("", False), (" include-secrets", True)])
def test_files_of_triggers(capture, netns, tshark, more, is_there):
    applet(capture, "A")
    start(capture, "CAP", "interface lo in", "match any", "limit pps 1000000", "buffer circular", "trigger event A before 60 after 0" + more)
    talk(netns, *TALKS["smtp"])
    talk(netns, *TALKS["ftp"])
    netns.run("/usr/bin/python3", "-c", "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(%r, ('127.0.0.1', 161))" % SNMP)
    wait_kept(capture, 20)
    assert capture.ctl("event manager run A").code == 0
    name = wait_taken(capture)["last_file"].split(":")[1]
    with open(os.path.join(capture.state, "flash", name), "rb") as f:
        whole = f.read()
    assert (PLAIN.encode() in whole) == is_there
    # In FTP, in SNMP, and in the ICMP error that quotes the datagram which nobody wanted.
    assert whole.count(SECRET.encode()) == (3 if is_there else 0)
    read = tshark("-r", flash(capture, name), "-Y", "snmp && !icmp", "-T", "fields", "-e", "snmp.community").strip()
    assert read == (SECRET if is_there else "*" * len(SECRET))
    assert b"USER joe" in whole and b"AUTH PLAIN" in whole


LOGIN = tcp(25, b"AUTH PLAIN %s\r\n" % PLAIN.encode())
INSIDE = ipv4(frames.TCP, tcp(21, b"PASS %s\r\n" % SECRET.encode()))
WRAPPED = {
    "VLAN": ethernet(ipv4(frames.TCP, LOGIN), tags=[(frames.VLAN, 5)]),
    "VLAN in VLAN": ethernet(ipv4(frames.TCP, LOGIN), tags=[(frames.QINQ, 5), (frames.VLAN, 6)]),
    "hop-by-hop options": ethernet(ipv6(0, options(frames.TCP, LOGIN, 2)), frames.IPV6),
    "options and a piece": ethernet(ipv6(0, options(44, fragment(frames.TCP, b"." * 8 + LOGIN, 64))), frames.IPV6),
    "first piece": ethernet(ipv6(44, fragment(frames.TCP, LOGIN)), frames.IPV6),
    "later piece": ethernet(ipv4(frames.TCP, PLAIN.encode(), offset=64)),
    "authentication header": ethernet(ipv4(frames.AH, struct.pack("!BBHII", frames.TCP, 1, 0, 1, 1) + LOGIN)),
    "IP in IP": ethernet(ipv4(frames.IPIP, INSIDE)),
    "IP in IP in IP": ethernet(ipv4(frames.IPIP, ipv4(frames.IPIP, INSIDE))),
    "IPv6 in IPv4": ethernet(ipv4(frames.IPV6_IN, ipv6(frames.TCP, LOGIN))),
    "IPv4 in IPv6": ethernet(ipv6(frames.IPIP, INSIDE), frames.IPV6),
    "GRE": ethernet(ipv4(frames.GRE, struct.pack("!HH", 0, frames.IPV4) + INSIDE)),
    "GRE with a key": ethernet(ipv4(frames.GRE, struct.pack("!HHI", 0x2000, 0x6558, 9) + ethernet(INSIDE))),
    "VXLAN": ethernet(ipv4(frames.UDP, udp(4789, struct.pack("!II", 8 << 24, 1 << 8) + ethernet(INSIDE)))),
    "Geneve": ethernet(ipv4(frames.UDP, udp(6081, struct.pack("!BBHII", 1, 0, 0x6558, 0, 0) + ethernet(INSIDE)))),
    "MPLS": ethernet(struct.pack("!II", 100 << 12 | 64, 200 << 12 | 1 << 8 | 64) + INSIDE, frames.MPLS),
    "frames over MPLS": ethernet(struct.pack("!II", 200 << 12 | 1 << 8 | 64, 0) + ethernet(INSIDE), frames.MPLS),
    "PPPoE": ethernet(struct.pack("!BBHHH", 0x11, 0, 1, 2 + len(INSIDE), 0x21) + INSIDE, frames.PPPOE),
    "OSPF": ethernet(ipv4(89, struct.pack("!BBH4s4sHH8s", 2, 1, 44, b"r1r1", b"area", 0, 1, SECRET[:8].encode()) + bytes(20))),
    "VRRP": ethernet(ipv4(112, struct.pack("!BBBBBBH4s8s", 0x21, 1, 100, 1, 1, 1, 0, b"addr", SECRET[:8].encode()))),
    "RIP": ethernet(ipv4(frames.UDP, udp(520, struct.pack("!BBHHH16s", 2, 2, 0, 0xFFFF, 2, SECRET.encode()) + bytes(20)))),
    "HSRP": ethernet(ipv4(frames.UDP, udp(1985, struct.pack("!8B8s4s", 0, 0, 16, 3, 10, 100, 1, 0, SECRET[:8].encode(), b"addr")))),
    "a configuration by TFTP": ethernet(ipv4(frames.UDP, udp(50000, b"\0\3\0\1!\nsnmp-server community %s RO\n" % SECRET.encode()))),
    "a protocol nobody knows": ethernet(b"\0\1\2PASS %s\r\n" % SECRET.encode(), 0x9999),
}


@pytest.mark.parametrize("definition", ["interface eth0 in", "control-plane in"])
def test_tunnels_and_tags_hide_nothing(capture, netns, definition):
    """The same logins behind tags, options and in tunnels; with and without the header of Ethernet."""
    netns.ip("address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    start(capture, "CAP", definition, "match any", "limit pps 1000000", "buffer circular")

    def shown():
        return b"".join(bytes.fromhex(p["data"]) for p in capture.json("show monitor capture CAP buffer dump")["packets"])
    frames.send(netns, "peer0", [frame.replace(b"\2\0\0\0\0\1", mac(netns, "eth0")) for frame in WRAPPED.values()])
    assert tree.wait_for(lambda: shown().count(b"PASS ") >= 11 and shown().count(b"AUTH PLAIN") >= 5, 20, every=0.1), shown()
    assert SECRET[:8].encode() not in shown() and PLAIN.encode() not in shown()
