"""Syslog over TLS whose trustpoint checks revocation: what has to be fetched is fetched beside the messages of others, never in front
of them; who is revoked, or not known not to be, is refused."""

import contextlib
import http.server
import os
import select
import socket
import ssl
import threading

import pytest
import tree
from pki import Pki

PASSWORD = "a-long-password"
SAY = ["logging buffered 1000000", "event manager applet SAY", " event syslog pattern CRLTEST trusted-source",
       ' action 1 syslog msg "$_syslog_host said $_syslog_msgid"']
CRL = ("enrollment terminal", "revocation-check crl")


class Lists:
    """Serves revocation lists of a directory; what is below /never is never answered, until all is over."""

    def __init__(self):
        self.directory, self.asked, self.over = None, [], threading.Event()
        lists = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                lists.asked.append(self.path)
                if self.path.startswith("/never"):
                    lists.over.wait()
                    return
                path = os.path.join(lists.directory, os.path.basename(self.path))
                self.send_response(200 if os.path.exists(path) else 404)
                self.end_headers()
                if os.path.exists(path):
                    with open(path, "rb") as f:
                        self.wfile.write(f.read())

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def lists():
    served = Lists()
    yield served
    served.close()


@pytest.fixture
def fleet(lists, tmp_path):
    """Routers of one authority: `good` and `gone` whose list is served, `slow` and `slower` whose list is never answered."""
    pki = Pki(tmp_path / "fleet", crl_url=lists.url)
    lists.directory = pki.dir
    pki.leaf("collector", host="collector.example.test", names=["127.0.0.1"], key="rsa")
    pki.leaf("good", host="good.example.test", purposes=("client",))
    gone = pki.leaf("gone", host="gone.example.test", purposes=("client",))
    pki.crl_url = lists.url + "/never"
    for name in ("slow", "slower"):
        pki.leaf(name, host=name + ".example.test", purposes=("client",))
    pki.crl("intermediate.crl", pki.intermediate, gone)
    pki.crl("r1.crl", pki.r1)
    return pki


@pytest.fixture
def daemon(new_daemon, fleet):
    d = new_daemon(config=SAY, settings={"syslog": {"listen": [{"url": "tls://127.0.0.1:0", "identity": "ME", "client-ca": ["FLEET"]}]}})
    d.authenticate("FLEET", fleet.path("r1.pem"), lines=CRL)
    os.makedirs(os.path.join(d.state, "flash"), exist_ok=True)
    with open(os.path.join(d.state, "flash", "collector"), "wb") as out:
        for part in ("collector-key.pem", "collector-chain.pem"):
            with open(fleet.path(part), "rb") as f:
                out.write(f.read())
    assert d.ctl("crypto pki import ME pem url flash:collector password %s" % PASSWORD).code == 0
    return d


@contextlib.contextmanager
def connect(daemon, pki, name, version=None):
    port = int(daemon.wait_log(r"Receiving messages on tls://127\.0\.0\.1:(\d+)").group(1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki.path("root.pem"))
    context.load_cert_chain(pki.path(name + "-chain.pem"), pki.path(name + "-key.pem"))
    if version:
        context.maximum_version = version
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as s:
            yield s


def say(s, what):
    text = b"<189>1 - - - - %s - CRLTEST" % what.encode()
    s.sendall(b"%d %s" % (len(text), text))


def is_ended(s):
    """The other side closes, in one way or another."""
    try:
        return s.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_list_is_fetched_once_and_known_to_everybody(daemon, lists, fleet, version):
    for n in range(3):
        with connect(daemon, fleet, "good", version) as s:
            say(s, "hello%d" % n)
            daemon.wait_log("SAY: good.example.test said hello%d" % n)
    assert sorted(lists.asked) == ["/intermediate.crl", "/r1.crl"]
    daemon.wait_show("show crypto pki crls", "/intermediate.crl")
    assert daemon.ctl("clear crypto pki crls").code == 0
    assert tree.wait_for(lambda: ask_again(daemon, lists, fleet))


def ask_again(daemon, lists, fleet):
    with connect(daemon, fleet, "good") as s:
        say(s, "again")
        daemon.wait_log("SAY: good.example.test said again")
    return lists.asked.count("/intermediate.crl") == 2


def test_a_revoked_client_is_refused(daemon, lists, fleet):
    for _ in range(2):  # the second time from the list that is known, in the handshake
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            with connect(daemon, fleet, "gone") as s:
                say(s, "hello")
                assert is_ended(s)
    daemon.wait_log(r"(?s)failed: .*gone\.example\.test.* is revoked at .*\[CERT_REVOKED\].*failed: .*\[CERT_REVOKED\]")
    assert daemon.json("show logging received")["listeners"][0]["messages"] == 0
    assert lists.asked.count("/intermediate.crl") == 1


def test_a_list_that_never_comes_keeps_nobody_else_waiting(daemon, lists, fleet):
    """Routers whose list is never answered are connected, more than are asked about at once; the messages of one that is connected
    already and of one that comes now arrive while they wait."""
    with contextlib.ExitStack() as stack:
        before = stack.enter_context(connect(daemon, fleet, "good"))
        say(before, "first")
        daemon.wait_log("SAY: good.example.test said first")
        waiting = [stack.enter_context(connect(daemon, fleet, name)) for name in ("slow", "slower") * 4]
        for s in waiting:
            say(s, "forged")
        assert tree.wait_for(lambda: lists.asked.count("/never/intermediate.crl") == 4)
        say(before, "second")
        daemon.wait_log("SAY: good.example.test said second")
        after = stack.enter_context(connect(daemon, fleet, "good"))
        say(after, "third")
        daemon.wait_log("SAY: good.example.test said third")
        assert not select.select(waiting, [], [], 0)[0], "they were not waiting any more"
        assert all(is_ended(s) for s in waiting)
        say(after, "fourth")
        daemon.wait_log("SAY: good.example.test said fourth")
    daemon.wait_log(r"connection of tls 127\.0\.0\.1 failed: .*/never/intermediate\.crl.*\[CERT_REVOCATION_UNKNOWN\]")
    assert "said forged" not in daemon.log()


def test_the_end_does_not_wait_for_a_list(daemon, lists, fleet):
    with connect(daemon, fleet, "slow"):
        assert tree.wait_for(lambda: "/never/intermediate.crl" in lists.asked)
        daemon.stop()
    assert "eventd-tls ended" not in daemon.log()
