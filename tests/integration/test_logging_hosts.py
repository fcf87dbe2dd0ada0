"""`logging host`: the device's own messages at a collector, over UDP, TCP and TLS; what goes there, and what the log says of it."""

import glob
import os
import re
import socket
import ssl
import subprocess
import threading

import pytest
import tree
from test_syslog_tls import give_identity


class Udp:
    def __init__(self, family=socket.AF_INET, address="127.0.0.1"):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.settimeout(20)
        self.port = self.socket.getsockname()[1]

    def until(self, pattern):
        """The first message that has the pattern."""
        while True:
            text = self.socket.recv(65536).decode()
            if re.search(pattern, text):
                return text

    def close(self):
        self.socket.close()


class Stream:
    """A collector that takes connections one after the other; `octets` is all that came."""

    def __init__(self, port=0, context=None):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", port))
        self.listener.listen()
        self.port, self.context = self.listener.getsockname()[1], context
        self.octets, self.peers, self.connection, self.connections = b"", [], None, 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                self.connection, _ = self.listener.accept()
                if self.context:
                    self.connection = self.context.wrap_socket(self.connection, server_side=True)
                    self.peers.append(self.connection.getpeercert())
                self.connections += 1
                while True:
                    data = self.connection.recv(65536)
                    if not data:
                        break
                    self.octets += data
            except (OSError, ssl.SSLError):
                if self.listener.fileno() < 0:
                    return

    def wait(self, pattern):
        assert tree.wait_for(lambda: re.search(pattern, self.octets)), self.octets
        return self.octets

    def close(self):
        self.listener.close()
        if self.connection:
            try:
                self.connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self.connection.close()


@pytest.fixture
def closing():
    opened = []
    yield lambda thing: opened.append(thing) or thing
    for thing in opened:
        thing.close()


def hosts(daemon):
    return daemon.json("show logging")["hosts"]


# ---- what goes out ---------------------------------------------------------------------------------------------------------


def test_a_datagram_is_that_of_a_router(new_daemon, closing):
    u, d = closing(Udp()), new_daemon()
    d.configure("hostname R7", "logging host 127.0.0.1 transport udp port %d" % u.port)
    first = u.until("STARTSTOP")
    assert re.fullmatch(r"<190>\d+: \*?\w{3} [ \d]\d \d\d:\d\d:\d\d\.\d{3}: %%SYS-6-LOGGINGHOST_STARTSTOP: "
                        r"Logging to host 127\.0\.0\.1 port %d started - CLI initiated" % u.port, first)
    d.ctl("send log 3 hello")
    number = int(re.match(r"<187>(\d+): .*: %SYS-3-USERLOG_ERR: .*hello$", u.until("hello")).group(1))
    d.configure("logging facility local2", "logging origin-id hostname", "service sequence-numbers")
    d.ctl("send log 4 again")
    again = re.fullmatch(r"<148>(\d+): R7: \d{6}: \*?\w{3} .*: %SYS-4-USERLOG_WARNING: .*again", u.until("again"))
    assert int(again.group(1)) > number
    d.configure("logging origin-id ip")
    d.ctl("send log 4 address")
    assert re.match(r"<148>\d+: 127\.0\.0\.1: ", u.until("address"))
    d.configure("logging origin-id string edge 7", "no service sequence-numbers")
    d.ctl("send log 4 words")
    assert re.match(r"<148>\d+: edge 7: \*?\w{3} ", u.until("words"))


def test_levels_switches_and_ipv6(new_daemon, closing):
    u, d = closing(Udp(socket.AF_INET6, "::1")), new_daemon()
    d.configure("logging trap warnings", "logging host ::1 transport udp port %d" % u.port)
    d.ctl("send log 5 unheard", "send log 4 heard")
    assert "unheard" not in u.until("heard")
    d.configure("no logging on")
    d.ctl("send log 1 into the void")
    d.configure("logging on")
    d.ctl("send log 2 back")
    assert "void" not in u.until("void|back")
    assert "void" not in d.ctl("show logging").out.split("Log Buffer")[1]
    d.configure("no logging trap")
    d.ctl("send log 0 nobody hears it")
    d.configure("logging trap debugging")
    d.ctl("send log 7 the end")
    assert "nobody" not in u.until("nobody|the end")
    assert hosts(d)[0]["link"] == "up"


def test_lines_stay_after_a_restart(new_daemon, closing):
    u, d = closing(Udp()), new_daemon()
    lines = ["logging count", "logging rate-limit all 900 except errors", "logging facility local0", "logging source-interface lo",
             "logging host 127.0.0.1 transport udp port %d" % u.port, "logging host ::1", "logging host collector.example.test transport tls"]
    d.configure(*lines)
    assert d.ctl("write memory").code == 0
    running = d.ctl("show running-config | include ^logging").out.splitlines()
    assert sorted(running) == sorted(lines)
    d.stop()
    d.start()
    assert d.ctl("show running-config | include ^logging").out.splitlines() == running
    u.until("SYS-5-RESTART|STARTSTOP.*port %d started" % u.port)


def test_the_collector_is_rsyslog(new_daemon, tmp_path):
    program = tree.program("rsyslogd")
    if not program:
        pytest.skip("rsyslogd is missing: run `make deps`")
    port = tree.free_port()
    out, modules = tmp_path / "received", sorted(glob.glob(os.path.join(tree.UNPACKED, "usr/lib/*/rsyslog")))
    (tmp_path / "rsyslog.conf").write_text(
        'global(workDirectory="%s")\nmodule(load="imtcp")\ninput(type="imtcp" address="127.0.0.1" port="%d")\n'
        '*.* action(type="omfile" file="%s" template="RSYSLOG_DebugFormat")\n' % (tmp_path, port, out))
    argv = [program, "-n", "-f", str(tmp_path / "rsyslog.conf"), "-i", str(tmp_path / "pid")] + (["-M", modules[0]] if modules else [])
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        d = new_daemon()
        d.configure("logging host 127.0.0.1 transport tcp port %d" % port)
        d.ctl("send log 2 for rsyslog")
        assert tree.wait_for(lambda: out.exists() and "for rsyslog" in out.read_text(), 30), (tmp_path / "log").read_text()
        assert "PRI: 186" in out.read_text()
    finally:
        process.terminate()
        process.wait(20)


# ---- streams that break ----------------------------------------------------------------------------------------------------


def test_what_comes_during_an_outage_arrives_behind_it(new_daemon, closing):
    t, d = closing(Stream()), new_daemon()
    d.configure("logging host 127.0.0.1 transport tcp port %d" % t.port)
    d.ctl("send log 3 before")
    assert b"\n" in t.wait(rb"before")
    port = t.port
    t.close()
    # Each message tries the connection; what the kernel had already taken for a peer that has gone is lost (RFC 6587 3.5).
    d.ctl("send log 3 lost")
    d.wait_log(r"LOGGINGHOST_FAIL: Logging to host 127\.0\.0\.1 port %d failed: " % port)
    d.ctl("send log 3 kept 1", "send log 3 kept 2")
    assert hosts(d)[0]["link"] == "down" and hosts(d)[0]["failure"]
    again = closing(Stream(port))
    got = again.wait(rb"kept 1[\s\S]*kept 2\n")
    assert got.count(b"kept 1\n") == 1
    d.wait_log(r"LOGGINGHOST_STARTSTOP: Logging to host 127\.0\.0\.1 port %d started - reconnection" % port)
    assert tree.wait_for(lambda: hosts(d)[0]["link"] == "up")


def test_a_name_nobody_knows_and_a_source_that_is_not_there(new_daemon):
    d = new_daemon()
    d.configure("logging host no-such-name.invalid transport tcp")
    d.wait_log(r"Logging to host no-such-name\.invalid port 601 failed: its name is not known")
    d.configure("no logging host no-such-name.invalid transport tcp", "logging host 127.0.0.1 vrf NOWHERE")
    d.wait_log(r"Logging to host 127\.0\.0\.1 port 514 failed: there is no VRF NOWHERE")
    d.configure("no logging host 127.0.0.1 vrf NOWHERE", "logging source-interface nic9", "logging host 127.0.0.1 transport udp port 5555")
    d.wait_log(r"Logging to host 127\.0\.0\.1 port 5555 failed: interface nic9 has no IPv4 address to send from")
    assert "last failure: interface nic9" in d.ctl("show logging").out


def test_a_vrf_may_be_a_namespace(new_daemon, netns):
    """The collector is reached from the namespace alone."""
    d = new_daemon()
    inside = netns
    script = ("import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', 5514)); print('open', flush=True)\n"
              "while True: print(s.recv(9000).decode(), flush=True)")
    with subprocess.Popen([tree.program("ip"), "netns", "exec", inside.name, "/usr/bin/python3", "-c", script],
                          stdout=subprocess.PIPE, text=True) as receiver:
        try:
            assert receiver.stdout.readline() == "open\n"
            d.configure("logging host 127.0.0.1 vrf %s transport udp port 5514" % inside.name)
            d.ctl("send log 3 into the other room")
            lines = iter(receiver.stdout.readline, "")
            assert next(line for line in lines if "USERLOG" in line).endswith("into the other room\n")
        finally:
            receiver.terminate()


# ---- TLS -------------------------------------------------------------------------------------------------------------------


def tls_context(pki, name="chain.pem", key="leaf-key.pem", clients=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.path(name), pki.path(key))
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki.path(clients))
    return context


@pytest.fixture(scope="module")
def certificates(pki):
    pki.leaf("collector", host="collector.example.test", names=["127.0.0.1", "collector.example.test"], key="rsa")
    pki.leaf("elsewhere", host="elsewhere.example.test", names=["elsewhere.example.test"], key="rsa")
    pki.leaf("sender", host="r7.example.test", purposes=("client",))
    return pki


def test_tls_with_certificates_on_both_sides(new_daemon, closing, certificates):
    d = new_daemon()
    t = closing(Stream(context=tls_context(certificates, "collector-chain.pem", "collector-key.pem", "root.pem")))
    d.authenticate("CA", certificates.path("r1.pem"))
    give_identity(d, certificates, "sender")
    d.configure("logging tls-profile P", "client-id-trustpoint ME", "tls-version TLSv1.2", "exit",
                "logging host 127.0.0.1 transport tls port %d profile P" % t.port)
    d.ctl("send log 3 in secret")
    got = t.wait(rb"in secret")
    length, rest = re.search(rb"(\d+) (<187>\d+: [^<]*in secret)", got).groups()
    assert int(length) == len(rest)
    assert ("commonName", "r7.example.test") in [pair for rdn in t.peers[-1]["subject"] for pair in rdn]
    assert "encryption enabled" in d.ctl("show logging").out


def test_tls_to_whom_nothing_vouches_for(new_daemon, closing, certificates):
    d = new_daemon()
    t = closing(Stream(context=tls_context(certificates, "collector-chain.pem", "collector-key.pem")))
    d.configure("logging host 127.0.0.1 transport tls port %d" % t.port)
    d.wait_log(r"Logging to host 127\.0\.0\.1 port %d failed: " % t.port)
    d.authenticate("CA", certificates.path("r1.pem"))
    d.ctl("send log 3 now it may go")
    t.wait(rb"now it may go")
    wrong = closing(Stream(context=tls_context(certificates, "elsewhere-chain.pem", "elsewhere-key.pem")))
    d.configure("logging host 127.0.0.1 transport tls port %d" % wrong.port)
    d.wait_log(r"Logging to host 127\.0\.0\.1 port %d failed: .*(name|127\.0\.0\.1)" % wrong.port)
    assert wrong.octets == b""


# ---- which messages --------------------------------------------------------------------------------------------------------


def test_discriminators_and_limits(new_daemon, closing):
    u, d = closing(Udp()), new_daemon()
    d.configure("logging discriminator QUIET severity includes 0-4,6 mnemonics drops STARTSTOP msg-body drops chatter",
                "logging host 127.0.0.1 transport udp port %d discriminator QUIET" % u.port)
    d.ctl("send log 5 level", "send log 3 chatter", "send log 3 wanted")
    assert "wanted" in u.until("USERLOG|STARTSTOP")
    # STARTSTOP, CONFIG_I, and two of the three.
    assert hosts(d)[0]["messages_dropped_by_discriminator"] == 4
    d.configure("logging buffered discriminator QUIET")
    d.ctl("send log 3 chatter to nobody", "send log 3 kept")
    buffer = d.ctl("show logging").out.split("Log Buffer")[1]
    assert "kept" in buffer and "chatter to nobody" not in buffer
    assert "QUIET severity includes 0-4,6" in d.ctl("show logging").out
    d.configure("default logging buffered", "logging rate-limit 3 except critical")
    d.ctl(*["send log 3 many %d" % i for i in range(40)] + ["send log 2 always"])
    shown = d.json("show logging")
    many = [m for m in shown["messages"] if "many" in m]
    assert any("always" in m for m in shown["messages"])
    assert len(many) < 40 and shown["messages_rate_limited"] == 40 - len(many)


def test_counts_by_name(new_daemon):
    d = new_daemon()
    refused = d.ctl("show logging count")
    assert refused.code == 1 and "Count feature is not enabled" in refused.out
    d.configure("logging count")
    d.ctl("send log 3 a", "send log 3 b", "send log 4 c")
    rows = {r["message_name"]: r for r in d.json("show logging count")["messages"]}
    assert rows["USERLOG_ERR"]["occur"] == 2 and rows["USERLOG_WARNING"]["occur"] == 1 and rows["USERLOG_ERR"]["sev"] == 3
    text = d.ctl("show logging count").out
    assert re.search(r"^SYS            USERLOG_ERR                        3    2 \*?\w{3} ", text, re.M)
    assert re.search(r"^SYS TOTAL +\d+$", text, re.M)


@pytest.mark.parametrize("line, why", [
    ("logging host bad_name!", "neither a name nor an address"),
    ("logging host 192.0.2.1 discriminator NONE", "there is no discriminator NONE"),
    ("logging host 192.0.2.1 transport tls profile NONE", "there is no TLS profile NONE"),
    ("logging host 192.0.2.1 transport tcp port 0", "1 to 65535"),
    ("logging discriminator D severity drops 0-9", "no list of severities"),
    ("logging discriminator MUCHTOOLONG facility drops SYS", "8 characters at most"),
    ("logging discriminator D msg-body drops (", "missing closing parenthesis"),
    ("logging rate-limit 0", "1 to 10000"),
    ("no logging host 192.0.2.1", "there is no such logging host"),
    ("logging history informational", "action snmp-trap"),
    ("logging persistent url flash:x", "append"),
    ("logging bufered 9000", "IP address of the logging host"),
])
def test_what_is_refused_says_why(new_daemon, line, why):
    d = new_daemon()
    before = d.ctl("show running-config").out
    answer = d.ctl("configure terminal", line)
    assert answer.code == 1 and why in answer.out, answer.out
    assert d.ctl("show running-config").out.split("!", 3)[3:] == before.split("!", 3)[3:]


def test_what_is_named_stays(new_daemon):
    d = new_daemon()
    d.configure("logging discriminator D facility drops SYS", "logging monitor discriminator D informational")
    answer = d.ctl("configure terminal", "no logging discriminator D")
    assert answer.code == 1 and "discriminator D is in use" in answer.out and "logging monitor" in answer.out
    d.configure("no logging monitor", "no logging discriminator D")
