"""A name server that follows a script, for tests of `--resolver`: A and AAAA records of a few names, and the ways to fail.

    with DnsStub({"mail.example.test": ["127.0.0.1"], "broken.test": "SERVFAIL", "silent.test": None}) as dns:
        "127.0.0.1@%d" % dns.port

A name that is not in the script does not exist (NXDOMAIN); one with an empty list has no address (NODATA).
"""

import ipaddress
import select
import socket
import struct
import threading

CODES = {"SERVFAIL": 2, "NXDOMAIN": 3, "REFUSED": 5}
TYPE_A, TYPE_AAAA = 1, 28


class DnsStub(threading.Thread):
    def __init__(self, names, address="127.0.0.1"):
        super().__init__(daemon=True)
        self.names, self.asked, self.stopping = names, [], False
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        while not self.stopping:
            if not select.select([self.socket], [], [], 0.1)[0]:
                continue
            question, peer = self.socket.recvfrom(4096)
            answer = self.answer(question)
            if answer:
                self.socket.sendto(answer, peer)

    def answer(self, question):
        at, labels = 12, []
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        found = self.names.get(name, "NXDOMAIN")
        if found is None:
            return None
        code = CODES.get(found, 0) if isinstance(found, str) else 0
        addresses = [] if code else [ipaddress.ip_address(a) for a in found]
        wanted = [a.packed for a in addresses if a.version == {TYPE_A: 4, TYPE_AAAA: 6}.get(kind)]
        header = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(wanted), 0, 0)
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(a)) + a for a in wanted)
        return header + question[12:at + 5] + records

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.join(10)
        self.socket.close()
