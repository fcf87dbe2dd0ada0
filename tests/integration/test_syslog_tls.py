"""Syslog over TLS (RFC 5425): identity and clients' certificates from trustpoints, names as device identity, hostile clients."""

import os
import re
import signal
import socket
import ssl

import pytest
import tree

PASSWORD = "a-long-password"
SAY = ["event manager applet SAY", " event syslog pattern TLSTEST",
       ' action 1 syslog msg "from <$_syslog_host> trusted <$_syslog_trusted> claims <$_syslog_origin> app <$_syslog_app> data <$_syslog_data>"']


@pytest.fixture(scope="module")
def certificates(pki):
    pki.leaf("collector", host="collector.example.test", names=["127.0.0.1", "collector.example.test"], key="rsa")
    pki.leaf("router", host="router7.example.test", purposes=("client",))
    pki.leaf("nameless", host="cn-only.example.test", names=[], purposes=("client",))
    pki.leaf("server-only", host="router8.example.test", purposes=("server",))
    pki.leaf("foreign", host="router7.example.test", purposes=("client",), self_signed=True)
    pki.leaf("expired-client", host="router7.example.test", purposes=("client",), days=(-30, -3))
    return pki


def listener(daemon, scheme="tls"):
    """The port that the daemon chose."""
    return int(daemon.wait_log(r"Receiving messages on %s://127\.0\.0\.1:(\d+)" % scheme).group(1))


def give_identity(daemon, pki, name="collector", trustpoint="ME"):
    flash = os.path.join(daemon.state, "flash")
    os.makedirs(flash, exist_ok=True)
    with open(os.path.join(flash, name), "wb") as out:
        for part in (name + "-key.pem", name + "-chain.pem"):
            with open(pki.path(part), "rb") as f:
                out.write(f.read())
    answer = daemon.ctl("crypto pki import %s pem url flash:%s password %s" % (trustpoint, name, PASSWORD))
    assert answer.code == 0, answer.out


@pytest.fixture
def daemon(new_daemon, certificates):
    d = new_daemon(config=["logging buffered 1000000"] + SAY, settings={"syslog": {"listen": [
        {"url": "tls://127.0.0.1:0", "identity": "ME", "client-ca": ["CLIENTS"]}]}})
    d.authenticate("CLIENTS", certificates.path("r1.pem"))
    give_identity(d, certificates)
    return d


def connect(port, pki, name="router", version=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki.path("root.pem"))
    if name:
        context.load_cert_chain(pki.path(name + "-chain.pem"), pki.path(name + "-key.pem"))
    if version:
        context.maximum_version = version
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=20), server_hostname="127.0.0.1")


def counted(text):
    data = text.encode() if isinstance(text, str) else text
    return b"%d %s" % (len(data), data)


MESSAGE = '<189>1 2024-03-01T18:46:11Z forged.example.com bgpd 42 ADJ [x@1 a="b"] TLSTEST %d'


def status(daemon):
    return daemon.json("show logging received")["listeners"][0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_certificate_says_who_it_is(daemon, certificates, version):
    with connect(listener(daemon), certificates, version=version) as s:
        s.sendall(counted(MESSAGE % 1))
        daemon.wait_log(r'SAY: from <router7\.example\.test> trusted <yes> claims <forged\.example\.com> app <bgpd> data <\[x@1 a="b"\]>')
    shown = daemon.json("show logging received sources")["sources"]
    assert [(s["source"], s["host"], s["trusted"], s["messages"]) for s in shown] == \
        [("tls 127.0.0.1", "router7.example.test", "yes", 1)]


def test_a_common_name_will_do(daemon, certificates):
    with connect(listener(daemon), certificates, "nameless") as s:
        s.sendall(counted(MESSAGE % 1))
        daemon.wait_log("from <cn-only.example.test> trusted <yes>")


def test_frames_split_anywhere_are_the_same(daemon, certificates):
    whole = b"".join(counted(MESSAGE % n + " tail\n second line") for n in range(3)) + b"<189>a bare line TLSTEST\n"
    with connect(listener(daemon), certificates) as s:
        for at in range(len(whole)):
            s.sendall(whole[at:at + 1])
        daemon.wait_show("show logging received", r"tls://\S+: 4 messages, 4 matched")
    with connect(listener(daemon), certificates) as s:
        s.sendall(whole)
        daemon.wait_show("show logging received", r"tls://\S+: 8 messages, 8 matched")
    kept = daemon.json("show logging received")["messages"]
    assert [m["message"] for m in kept[:4]] == [m["message"] for m in kept[4:]]


@pytest.mark.parametrize("name, why", [
    (None, "the client shows no certificate"), ("foreign", "CERT_UNTRUSTED"), ("server-only", "CERT_PURPOSE"),
    ("expired-client", "CERT_EXPIRED")])
def test_clients_that_are_refused(daemon, certificates, name, why):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with connect(listener(daemon), certificates, name) as s:
            s.sendall(counted(MESSAGE % 1))
            while s.recv(1):
                pass
            raise ConnectionResetError
    daemon.wait_log(r"%%SYSLOG-4-TLS: tls://\S+: connection of tls 127\.0\.0\.1 failed: .*%s" % why)
    assert status(daemon)["messages"] == 0 and status(daemon)["refused"] == 1


def test_hostile_clients_cost_only_their_connection(daemon, certificates):
    port = listener(daemon)
    good = connect(port, certificates)
    bad = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
    bad[0].sendall(b"GET / HTTP/1.0\r\n\r\n")
    bad[1].sendall(os.urandom(3000))
    bad[2].sendall(b"\x16\x03\x01\xff\xff" + b"\x01" * 20000)
    huge = connect(port, certificates)
    huge.sendall(b"99999999999 <13>x")
    good.sendall(counted(MESSAGE % 1))
    daemon.wait_show("show logging received", r"1 messages, 1 matched")
    daemon.wait_log("no syslog: a count that cannot be")
    for s in bad + [huge]:
        s.close()
    daemon.wait_show("show logging received", r" 1 connections, ")
    good.sendall(counted(MESSAGE % 2))
    daemon.wait_show("show logging received", r"2 messages, 2 matched")
    good.close()


def test_a_helper_that_dies_is_started_again(daemon, certificates):
    port = listener(daemon)
    with connect(port, certificates) as s:
        s.sendall(counted(MESSAGE % 1))
        daemon.wait_log("from <router7")
    pid = int(re.search(r"eventd-tls +(\d+) +syslog intake", daemon.show("show system processes")).group(1))
    os.kill(pid, signal.SIGKILL)
    daemon.wait_log(r"%SYSLOG-3-HELPER: tls://\S+: eventd-tls ended by signal 9; it is started again")
    with connect(port, certificates) as s:
        s.sendall(counted(MESSAGE % 2))
        daemon.wait_show("show logging received", r"2 messages, 2 matched")


def test_connections_wait_for_the_certificate(new_daemon, certificates):
    """Without client-ca clients are not asked for one: the address says who it is, and proves nothing."""
    d = new_daemon(config=SAY + ["event manager applet SURE", " event syslog pattern TLSTEST trusted-source", ' action 1 syslog msg "sure"'],
                   settings={"syslog": {"listen": [{"url": "tls://127.0.0.1:0", "identity": "ME"}]}})
    d.wait_log("%SYSLOG-4-TLS: tls://127.0.0.1:[0-9]+: trustpoint ME has no certificate with its key yet; connections wait for it")
    raw = socket.create_connection(("127.0.0.1", listener(d)), timeout=20)
    give_identity(d, certificates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificates.path("root.pem"))
    with context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
        s.sendall(counted(MESSAGE % 1))
        d.wait_log("from <127.0.0.1> trusted <no> claims <forged.example.com>")
    assert "SURE: sure" not in d.show("show logging")


def test_the_example_of_a_fleet(new_daemon, certificates):
    """examples/fleet.cfg as it stands: a core router with its certificate, another one, and a message that only claims to be of one."""
    certificates.leaf("core", host="core1.example.test", purposes=("client",))
    with open(os.path.join(tree.PROJECT, "examples", "fleet.cfg")) as f:
        config = [line for line in f.read().splitlines() if not line.startswith("!")]
    d = new_daemon(config=["logging buffered 1000000"] + config, settings={"syslog": {"rate-limit": 1000, "listen": [
        "udp://127.0.0.1:0", {"url": "tls://127.0.0.1:0", "identity": "COLLECTOR", "client-ca": ["FLEET"]}]}})
    d.authenticate("FLEET", certificates.path("r1.pem"))
    give_identity(d, certificates, trustpoint="COLLECTOR")
    down = "<187>1: core1.example.test: *Mar  1 18:46:11: %%LINK-3-UPDOWN: Interface Gi0/%d, changed state to down"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto((down % 1).encode(), ("127.0.0.1", listener(d, "udp")))
    with connect(listener(d), certificates) as s:
        s.sendall(counted(down % 2))
    with connect(listener(d), certificates, "core") as s:
        s.sendall(counted(down % 3))
        d.wait_log("%HA_EM-3-LOG: FLEET-LINK: core1.example.test lost Gi0/3")
    assert tree.wait_for(lambda: sum(entry["messages"] for entry in d.json("show logging received")["listeners"]) == 3)
    assert d.show("show logging").count("FLEET-LINK:") == 1


def test_trust_that_is_taken_away_ends_connections(daemon, certificates):
    s = connect(listener(daemon), certificates)
    s.sendall(counted(MESSAGE % 1))
    daemon.wait_log("from <router7")
    assert daemon.ctl("configure terminal", "no crypto pki trustpoint CLIENTS", "end", input="yes\n").code == 0
    daemon.wait_log("trustpoint CLIENTS has no CA certificate: clients of it are refused")
    s.settimeout(20)
    try:
        assert s.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        pass


def test_the_handshake_has_its_time(daemon, certificates):
    """A client that never begins is sent away, and the others are not kept waiting by it."""
    with socket.create_connection(("127.0.0.1", listener(daemon)), timeout=30) as silent:
        with connect(listener(daemon), certificates) as s:
            s.sendall(counted(MESSAGE % 1))
            daemon.wait_show("show logging received", r"1 messages, 1 matched")
        assert silent.recv(1) == b""
    daemon.wait_log("the handshake took more than 10 s")
