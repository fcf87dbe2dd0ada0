"""Frames made by hand, and sent as they are: what no socket of the kernel would send."""

import json
import socket
import struct

VLAN, QINQ, IPV4, IPV6, MPLS, PPPOE = 0x8100, 0x88A8, 0x0800, 0x86DD, 0x8847, 0x8864
TCP, UDP, IPIP, IPV6_IN, GRE, AH = 6, 17, 4, 41, 47, 51
SEND = """
import json, socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for frame in json.loads(sys.argv[2]): s.send(bytes.fromhex(frame))
"""


def send(netns, interface, frames):
    netns.run("/usr/bin/python3", "-c", SEND, interface, json.dumps([f.hex() for f in frames]))


def checksum(octets):
    total = sum(struct.unpack("!%dH" % (len(octets) // 2), octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(payload, kind=IPV4, tags=(), to="02:00:00:00:00:01", of="02:00:00:00:00:02"):
    """`tags`: (type, VLAN) from the outside in."""
    mac = [bytes.fromhex(m.replace(":", "")) for m in (to, of)]
    return mac[0] + mac[1] + b"".join(struct.pack("!HH", *tag) for tag in tags) + struct.pack("!H", kind) + payload


def ipv4(protocol, payload, of="192.0.2.2", to="192.0.2.1", offset=0, more=False, tos=0):
    """`offset` in octets, of a fragment."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), 7, offset // 8 | (0x2000 if more else 0), 64, protocol, 0,
                       socket.inet_aton(of), socket.inet_aton(to))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(protocol, payload, of="2001:db8::2", to="2001:db8::1"):
    return (struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + socket.inet_pton(socket.AF_INET6, of)
            + socket.inet_pton(socket.AF_INET6, to) + payload)


def options(protocol, payload, words=0):
    """A header of hop-by-hop options, of destination options or of routing: 8 octets and `words` times 8 more."""
    return bytes([protocol, words, 1, 4 + 8 * words]) + bytes(4 + 8 * words) + payload


def fragment(protocol, payload, offset=0, more=True):
    return struct.pack("!BBHI", protocol, 0, offset // 8 << 3 | more, 7) + payload


def tcp(port, payload, of=4000, sequence=100, flags=0x18):
    return struct.pack("!HHIIBBHHH", of, port, sequence, 0, 0x50, flags, 1000, 0, 0) + payload


def udp(port, payload, of=4000):
    return struct.pack("!HHHH", of, port, 8 + len(payload), 0) + payload
