"""A small DNS of its own: a private root, a TLD and zones below it, signed by kzonesign, broken on purpose where wanted,
served by nsd on a free loopback port.

    dns = Dns(directory)
    dns.zone("good.example", "@ MX 10 mail", "mail A 127.0.0.1", "_25._tcp.mail TLSA 3 1 1 0c72...")
    dns.zone("plain.example", "@ MX 10 mail", "mail A 127.0.0.1", signed=False)
    dns.start()
    dns.resolver     # "127.0.0.1@5300": answers as a recursive server would
    dns.anchor       # file with the root's key

Faults stands before such a server and answers, for chosen names, as broken servers do.
"""

import os
import re
import socket
import socketserver
import struct
import subprocess
import threading
import time

import tree

TTL = 300
TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "DS": 43, "RRSIG": 46, "DNSKEY": 48, "TLSA": 52,
         "OPT": 41}
LIFETIME = 14 * 86400  # of signatures
PAST = int(time.time()) - 400 * 86400  # those made then have expired

KNOT = """\
server:
  rundir: {dir}
database:
  storage: {dir}/keys
log:
  - target: stderr
    any: error
policy:
  - id: nsec
    algorithm: ecdsap256sha256
    single-type-signing: on
    rrsig-lifetime: 14d
  - id: opt-out
    algorithm: ecdsap256sha256
    single-type-signing: on
    rrsig-lifetime: 14d
    nsec3: on
    nsec3-iterations: 0
    nsec3-salt-length: 0
    nsec3-opt-out: on
zone:
{zones}
"""

NSD = """\
server:
  port: {port}
{addresses}  username: ""
  chroot: ""
  zonesdir: "{dir}"
  database: ""
  pidfile: "{dir}/nsd.pid"
  logfile: "{dir}/nsd.log"
  xfrdfile: "{dir}/xfrd.state"
  zonelistfile: "{dir}/zone.list"
  cookie-secret-file: ""
  server-count: 1
  rrl-ratelimit: 0
remote-control:
  control-enable: no
{zones}
"""


class Unavailable(Exception):
    """What is needed is not on this machine; the message says what."""


class Zone:
    def __init__(self, name, records, signed=True, expired=False, ends_in=None, opt_out=False, ds="right", mangle=None):
        """`ends_in`: seconds after which the signatures end; `ds` is what the parent says: "right", "wrong" (another digest),
        "none", "unknown" (an algorithm nobody knows);
        `mangle` gets the lines of the signed zone and returns what is served."""
        self.name, self.records, self.signed, self.opt_out = name, list(records), signed, opt_out
        self.signed_at = PAST if expired else int(time.time()) - LIFETIME + ends_in if ends_in else None
        self.ds, self.mangle = ds, mangle
        self.digest = None

    @property
    def fqdn(self):
        return self.name + "." if self.name else "."

    @property
    def file(self):
        return (self.name or "root") + ".zone"

    def below(self, other):
        return self is not other and (not other.name or self.name.endswith("." + other.name))

    def ds_records(self):
        """What stands in the parent."""
        if not self.signed or self.ds == "none":
            return []
        tag, algorithm, kind, digest = self.digest
        if self.ds == "wrong":
            digest = digest[:-8] + ("00000000" if digest[-8:] != "00000000" else "11111111")
        if self.ds == "unknown":
            algorithm = "253"
        return ["%s %d DS %s %s %s %s" % (self.fqdn, TTL, tag, algorithm, kind, digest)]


def without(pattern):
    """A mangle that drops the lines with a match of the pattern."""
    return lambda lines: [line for line in lines if not re.search(pattern, line)]


class Dns:
    def __init__(self, directory, tld="example", address="127.0.0.1", port=None, also=()):
        """Listens on `address`, which its NS records name, and on those of `also`."""
        self.dir, self.address, self.port, self.addresses = str(directory), address, port, [address] + list(also)
        self.zones, self.process = {}, None
        os.makedirs(self.dir, exist_ok=True)
        for name in ("nsd", "kzonesign"):
            if not tree.program(name):
                raise Unavailable("%s is missing: run `make deps`" % name)
        self.zone("")
        self.zone(tld)

    def zone(self, name, *records, **how):
        """Records are lines of a master file below the zone's name."""
        self.zones[name] = Zone(name, records, **how)

    @property
    def anchor(self):
        return os.path.join(self.dir, "anchor")

    @property
    def resolver(self):
        return "%s@%d" % (self.address, self.port)

    def path(self, *names):
        return os.path.join(self.dir, *names)

    # zones ----------------------------------------------------------------------------------------------------------------

    def text(self, zone):
        origin = zone.fqdn
        ns = "ns.%s" % (origin if origin != "." else "")
        lines = ["$ORIGIN %s" % origin, "$TTL %d" % TTL, "@ SOA %s host.%s 1 3600 600 86400 %d" % (ns, origin.lstrip("."), TTL),
                 "@ NS %s" % ns, "%s A %s" % (ns, self.address)]
        for child in self.zones.values():
            if child.below(zone) and self.parent(child) is zone:
                lines += ["%s NS ns.%s" % (child.fqdn, child.fqdn), "ns.%s A %s" % (child.fqdn, self.address)]
                lines += child.ds_records()
        return lines + zone.records

    def parent(self, zone):
        return max((z for z in self.zones.values() if zone.below(z)), key=lambda z: len(z.name))

    def sign(self, zone):
        argv = [tree.program("kzonesign"), "-c", self.path("knot.conf"), "-o", self.path("served")]
        argv += ["-t", str(zone.signed_at)] if zone.signed_at else []
        done = subprocess.run(argv + [zone.fqdn], capture_output=True, text=True)
        assert done.returncode == 0, "kzonesign %s: %s%s" % (zone.fqdn, done.stdout, done.stderr)
        with open(self.path("served", zone.file)) as f:
            lines = f.read().splitlines()
        cds = next(line.split() for line in lines if re.search(r"\sCDS\s", line) and "RRSIG" not in line)
        zone.digest = cds[-4:]
        if not zone.name:
            key = next(line for line in lines if re.search(r"\sDNSKEY\s", line) and "RRSIG" not in line)
            with open(self.anchor, "w") as f:
                f.write("; the key of a private root\n%s\n" % key.replace("DNSKEY", "IN DNSKEY"))
        return lines

    def make(self):
        """Signs everything, children before parents."""
        for name in ("keys", "served", "unsigned"):
            os.makedirs(self.path(name), exist_ok=True)
        with open(self.path("knot.conf"), "w") as f:
            f.write(KNOT.format(dir=self.dir, zones="".join(
                "  - domain: %s\n    storage: %s\n    file: %s\n    dnssec-signing: on\n    dnssec-policy: %s\n" % (
                    z.fqdn, self.path("unsigned"), z.file, "opt-out" if z.opt_out else "nsec") for z in self.zones.values())))
        for zone in sorted(self.zones.values(), key=lambda z: -len(z.fqdn.rstrip(".").split(".")) if z.name else 1):
            lines = self.text(zone)
            with open(self.path("unsigned", zone.file), "w") as f:
                f.write("\n".join(lines) + "\n")
            if zone.signed:
                lines = self.sign(zone)
            if zone.mangle:
                lines = zone.mangle(lines)
            with open(self.path("served", zone.file), "w") as f:
                f.write("\n".join(lines) + "\n")

    # server ---------------------------------------------------------------------------------------------------------------

    def start(self):
        self.make()
        for _ in range(5):
            self.port = self.port or tree.free_port(self.address, socket.SOCK_DGRAM)
            with open(self.path("nsd.conf"), "w") as f:
                addresses = "".join("  ip-address: %s\n" % a for a in self.addresses)
                f.write(NSD.format(dir=self.dir, port=self.port, addresses=addresses, zones="".join(
                    'zone:\n  name: "%s"\n  zonefile: "served/%s"\n' % (z.fqdn, z.file) for z in self.zones.values())))
            self.process = subprocess.Popen([tree.program("nsd"), "-d", "-c", self.path("nsd.conf")], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if tree.wait_for(lambda: self.answers() or self.process.poll() is not None, 20) and self.process.poll() is None:
                return self
            self.stop()
            self.port = None
        with open(self.path("nsd.log")) as f:
            raise Unavailable("nsd did not start:\n" + f.read()[-2000:])

    def answers(self):
        try:
            return exchange((self.address, self.port), query(".", "SOA"), 0.2)[3] & 15 == 0
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


# messages -------------------------------------------------------------------------------------------------------------------

def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.strip(".").split(".") if label) + b"\0"


def query(name, kind):
    return struct.pack(">HHHHHH", 4711, 0x0100, 1, 0, 0, 0) + wire_name(name) + struct.pack(">HH", TYPES[kind], 1)


def exchange(server, message, seconds=5):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds)
        s.sendto(message, server)
        return s.recv(65535)


def question_of(message):
    """(name, type) that a query asks for."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack(">H", message[at + 1:at + 3])[0]


def end_of_question(message):
    at = 12
    while message[at]:
        at += 1 + message[at]
    return at + 5


def reply(message, rcode=0, flags=0x8180, answers=()):
    """An answer to the query with the records (type, ttl, data) of the name asked for."""
    end = end_of_question(message)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data for kind, ttl, data in answers)
    return message[:2] + struct.pack(">HHHHH", flags | rcode, 1, len(answers), 0, 0) + message[12:end] + body


# what broken servers do with a query: each gets (query, forward) and returns the answer, or None for silence -----------------

def servfail(message, forward):
    return reply(message, rcode=2)


def refused(message, forward):
    return reply(message, rcode=5)


def silence(message, forward):
    return None


def garbage(message, forward):
    return message[:2] + b"\x81\x80" + b"\xff" * 600


def cut_short(message, forward):
    answer = forward(message)
    return answer[:len(answer) // 2]


def truncated(message, forward):
    """Says that the answer did not fit; nobody answers on TCP."""
    return reply(message, flags=0x8380)


def stripping(message, forward):
    """An old resolver: it passes no DO bit on, so that no signature comes back, and claims to have validated (AD)."""
    bare = message[:2] + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + message[12:end_of_question(message)]
    answer = forward(bare)
    return answer[:2] + struct.pack(">H", struct.unpack(">H", answer[2:4])[0] | 0x00A0) + answer[4:]


class Faults:
    """A forwarder before `upstream` (a Dns): rules are (name pattern, type or None, fault); the first that fits counts.

        with Faults(dns, ("^_25._tcp.mail.a.example$", "TLSA", servfail)) as f: f.resolver
    """

    def __init__(self, upstream, *rules, tcp=True):
        self.upstream, self.rules, self.tcp = upstream, list(rules), tcp
        self.seen, self.servers = [], []

    def answer(self, message):
        try:
            name, kind = question_of(message)
        except IndexError:
            return None
        self.seen.append((name, kind))
        for pattern, wanted, fault in self.rules:
            if re.search(pattern, name) and (wanted is None or TYPES[wanted] == kind):
                return fault(message, self.forward)
        return self.forward(message)

    def forward(self, message):
        """Over TCP, so that nothing is cut."""
        with socket.create_connection((self.upstream.address, self.upstream.port), 5) as s:
            s.sendall(struct.pack(">H", len(message)) + message)
            return read_framed(s)

    def start(self):
        faults = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                answer = faults.answer(self.request[0])
                if answer is not None:
                    self.request[1].sendto(answer, self.client_address)

        class Tcp(socketserver.BaseRequestHandler):
            def handle(self):
                while True:
                    message = read_framed(self.request)
                    answer = message and faults.answer(message)
                    if not answer:
                        return
                    self.request.sendall(struct.pack(">H", len(answer)) + answer)

        class UdpServer(socketserver.ThreadingMixIn, socketserver.UDPServer):
            daemon_threads = True
            max_packet_size = 65535

        class TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
            allow_reuse_address = True
        for _ in range(20):
            self.servers = [UdpServer(("127.0.0.1", 0), Udp)]
            self.port = self.servers[0].server_address[1]
            try:
                self.servers += [TcpServer(("127.0.0.1", self.port), Tcp)] if self.tcp else []
                break
            except OSError:  # somebody has this port of TCP
                self.servers[0].server_close()
        for server in self.servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    @property
    def resolver(self):
        return "127.0.0.1@%d" % self.port

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


def read_framed(s):
    """One message of a DNS stream, or None at its end."""
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
        try:
            more = s.recv(65535)
        except OSError:
            return None
        if not more:
            return None
        data += more
    return data[2:2 + struct.unpack(">H", data[:2])[0]]


# the helper --------------------------------------------------------------------------------------------------------------------

class Resolve:
    """Drives build/eventd-resolve as the engine does (actions/mail/dns/wire.h)."""

    def __init__(self, servers=(), anchor=None, state=None, iterate=False):
        import mailhelper
        self.helper = mailhelper.MailHelper(os.path.join(tree.BUILD, "eventd-resolve"))
        self.id = 0
        self.configure(servers, anchor, state, iterate)

    def configure(self, servers=(), anchor=None, state=None, iterate=False):
        message = {"type": "configure", "servers": list(servers), "iterate": iterate}
        if anchor:
            with open(anchor) as f:
                message["anchor"] = f.read()
        if state:
            message["state"] = str(state)
        self.helper.send(message)

    def send(self, name, kind="domain", tlsa=True, port=25):
        self.id += 1
        self.helper.send({"type": "ask", "id": self.id, "kind": kind, "name": name, "port": port, "tlsa": tlsa, "log": True})
        return self.id

    def wait(self, *ids, seconds=60):
        """The answers to the questions, and all log lines before the last of them."""
        answers, lines = {}, []
        while len(answers) < len(ids):
            message = self.helper.next(seconds)
            assert message is not None, "eventd-resolve ended"
            if message["type"] == "log":
                lines.append(message["text"])
            elif message["type"] == "answer" and message["id"] in ids:
                answers[message["id"]] = message["answer"]
        return [answers[i] for i in ids], lines

    def ask(self, name, **how):
        answers, self.lines = self.wait(self.send(name, **how))
        return answers[0]

    def status(self):
        self.id += 1
        self.helper.send({"type": "status", "id": self.id})
        while True:
            message = self.helper.next(30)
            if message["type"] == "status":
                return message

    def close(self):
        return self.helper.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.close() == 0
