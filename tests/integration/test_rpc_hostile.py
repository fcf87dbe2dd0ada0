"""`event rpc` and those who mean it no good: each of them can fail his own call and nobody else's."""

import json
import os
import socket
import threading

import pytest

import tree
from pki import Pki
from test_rpc import TOKEN, Caller, served  # noqa: F401


def raw_connections(port, n, first=2):
    """Connections from as many addresses as are needed: an address may have 16 of them."""
    made = []
    for i in range(n):
        s = socket.socket()
        s.bind(("127.0.0.%d" % (first + i // 16), 0))
        s.settimeout(60)
        s.connect(("127.0.0.1", port))
        made.append(s)
    return made


def test_a_request_that_drips_is_ended(served, pki):  # noqa: F811
    """Sixteen of one address keep nobody of another one out, and they are ended though each goes on and on."""
    caller, ended = Caller(served.port, pki), []

    def drip(raw):
        try:
            with caller.tls.wrap_socket(raw, server_hostname="mail.example.test") as s:
                s.sendall(b"GET /v1/policies HTTP/1.1\r\nHost: x\r\n")
                s.settimeout(1)
                while True:
                    s.sendall(b"X-More: x\r\n")
                    try:
                        if s.recv(100) == b"":
                            break
                    except socket.timeout:
                        continue
        except OSError:
            pass
        ended.append(raw)
    threads = [threading.Thread(target=drip, args=(s,)) for s in raw_connections(served.port, 16)]
    for t in threads:
        t.start()
    assert caller.run("HELLO", "meanwhile")[0] == 200
    assert tree.wait_for(lambda: len(ended) == 16, 60)
    for t in threads:
        t.join()


def test_a_thousand_connections_at_once(served, pki):  # noqa: F811
    """More than the server takes; when they have gone, it takes others."""
    made = raw_connections(served.port, 1000)
    helper = next(p["pid"] for p in served.json("show system processes")["processes"] if p["name"] == "eventd-rpc")
    assert tree.wait_for(lambda: len(os.listdir("/proc/%d/fd" % helper)) > 64)
    for s in made:
        s.close()
    assert tree.wait_for(lambda: Caller(served.port, pki).tries("HELLO", "x")[0] == 200, 60)
    assert "FMPD_HELPER" not in served.show("show logging")


def test_tokens_are_tried_slowly_and_meanwhile_others_are_served(served, pki):  # noqa: F811
    """A refusal comes late. What it delays is the guesser's own connection."""
    order = []
    guess = threading.Thread(target=lambda: order.append(Caller(served.port, pki, token="no-such-t0ken-%d" % 1).run("HELLO")[0]))
    guess.start()
    assert tree.wait_for(lambda: served.json("show event manager rpc")["denied"] == 1)
    order.append(Caller(served.port, pki).run("HELLO", "x")[0])
    guess.join()
    assert order == [200, 401]


def test_a_body_of_an_unknown_caller_is_not_read(served, pki):  # noqa: F811
    """Nor does it end anything but its own connection."""
    caller = Caller(served.port, pki, token=None)
    try:
        status, body = caller.ask("POST", "/v1/run/HELLO", raw=b"x" * (64 << 20))
        assert (status, body) == (401, {"error": "neither a token nor a certificate was shown"})
    except OSError:
        pass  # its connection was closed while it was still sending
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200


@pytest.mark.parametrize("raw", ["[" * 60000, '{"args":' * 7000, '{"args":["\\u0000"]}', '{"args":[1e999]}', '{"args":["\\ud800"]}', b'{"args":["\xff\xfe"]}',
                                 '{"args":[],"args":[]}', '{"args":[null]}', '{"args":[99999999999999999999999]}', "\0" * 100])
def test_json_that_is_none(served, pki, raw):  # noqa: F811
    status, body = Caller(served.port, pki).ask("POST", "/v1/run/HELLO", raw=raw)
    assert status == 400 and body["error"], body
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200


def test_a_client_that_goes_while_its_policy_runs(served, pki):  # noqa: F811
    """The run ends, and what it would have answered is dropped."""
    served.configure("event manager applet LONG", "event rpc", "action 1 wait 2", 'action 2 syslog msg "LONG ended"')
    caller = Caller(served.port, pki)
    with caller.tls.wrap_socket(socket.create_connection(("127.0.0.1", served.port)), server_hostname="mail.example.test") as s:
        s.sendall(b"POST /v1/run/LONG HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 2\r\n\r\n{}" % TOKEN.encode())
        assert tree.wait_for(lambda: served.json("show event manager rpc")["calls"] == 1)
    served.wait_log("LONG ended")
    assert Caller(served.port, pki).run("HELLO", "x")[0] == 200


class Lists:
    """Who serves revocation lists: `answers` is what it says; without one it is silent."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.url = "http://127.0.0.1:%d" % self.socket.getsockname()[1]
        self.answer, self.asked, self.open = None, 0, []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            self.asked += 1
            self.open.append(s)
            if self.answer is not None:
                s.recv(4096)
                s.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self.answer) + self.answer)
                s.close()

    def close(self):
        self.socket.close()
        for s in self.open:
            s.close()


@pytest.fixture
def lists():
    made = Lists()
    yield made
    made.close()


def test_certificates_that_are_revoked_expired_or_cannot_be_asked_about(served, pki, lists, tmp_path):  # noqa: F811
    """While nobody says what is revoked, who shows the certificate waits alone; when it is said, the revoked one is refused."""
    fleet = Pki(tmp_path / "fleet", crl_url=lists.url)
    cert = {name: fleet.leaf(name, host=name + ".example.test", issuer=fleet.root, send=(), purposes=("client",), **how)
            for name, how in (("good", {}), ("bad", {}), ("old", {"days": (-30, -3)}))}
    served.authenticate("FLEET", fleet.path("root.pem"), lines=("enrollment terminal", "revocation-check crl"))
    served.configure("event manager rpc client good trustpoint FLEET name good.example.test",
                     "event manager rpc client bad trustpoint FLEET name bad.example.test",
                     "event manager rpc client old trustpoint FLEET name old.example.test")

    def run(name):
        caller = Caller(served.port, pki, token=None)
        caller.tls.load_cert_chain(fleet.path(name + "-chain.pem"), fleet.path(name + "-key.pem"))
        return caller.tries("HELLO", name)
    assert tree.wait_for(lambda: run("old")[1].get("error", "").startswith("CERT_EXPIRED"))
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(run("good")))
    waiting.start()
    assert tree.wait_for(lambda: lists.asked > 0)
    assert Caller(served.port, pki).run("HELLO", "by token")[0] == 200 and not answers
    waiting.join()
    assert answers[0][0] == 401 and answers[0][1]["error"].startswith("CERT_REVOCATION_UNKNOWN"), answers
    with open(fleet.crl("root.crl", fleet.root, cert["bad"]), "rb") as f:
        lists.answer = f.read()
    lists.asked = 0
    status, body = run("good")
    assert status == 200 and lists.asked > 0 and body["output"] == "hello good, 2 from HELLO\n", body
    status, body = run("bad")
    assert status == 401 and body["error"].startswith("CERT_REVOKED"), body
    assert json.dumps(body).count("not asked yet") == 0
