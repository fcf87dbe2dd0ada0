"""Revocation with the real things: the responder of `openssl ocsp`, staples that it signs in the handshakes of `openssl
s_server`, certificates that demand one (RFC 7633), and lists and responses for a Postfix."""

import socket
import subprocess

import pytest

import tree
from mailhost import MailHost, Unavailable
from pki import Pki

HOST = "mail.example.test"


def is_open(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Responder:
    """`openssl ocsp` for the certificates that the intermediate has issued; `revoke` and `start` again."""

    def __init__(self, directory):
        self.port = tree.free_port()
        self.pki = Pki(directory, ocsp_url="http://127.0.0.1:%d" % self.port)
        self.issued, self.process = {}, None
        self.pki.write_key("intermediate-key.pem", self.pki.intermediate.key)
        self.issue("plain")
        self.issue("demands", must_staple=True)
        self.issue("revoked", must_staple=True)
        self.pki.leaf("responder", host="ocsp.example.test", purposes=("ocsp",))
        self.revoked = {"revoked"}

    def issue(self, name, **how):
        self.issued[name] = self.pki.leaf(name, **how)

    def start(self, signer="intermediate"):
        self.stop()
        with open(self.pki.path("index.txt"), "w") as f:
            for name, cert in self.issued.items():
                serial = "%X" % cert.serial_number
                f.write("\t".join(["R" if name in self.revoked else "V", "340101000000Z",
                                   "250101000000Z" if name in self.revoked else "",
                                   serial if len(serial) % 2 == 0 else "0" + serial, "unknown", "/CN=" + name]) + "\n")
        log = self.pki.path("responder.log")
        self.process = subprocess.Popen(
            ["openssl", "ocsp", "-index", self.pki.path("index.txt"), "-port", str(self.port), "-rsigner",
             self.pki.path(signer + ".pem"), "-rkey", self.pki.path(signer + "-key.pem"), "-CA",
             self.pki.path("intermediate.pem"), "-nmin", "60"],
            stdin=subprocess.DEVNULL, stdout=open(log, "wb"), stderr=subprocess.STDOUT)
        # Not by connecting: a connection without a request keeps it busy for ever.
        tree.wait_for(lambda: "ACCEPT" in open(log).read())

    def staple(self, name):
        """NAME.ocsp, as the responder answers for the certificate."""
        path = self.pki.path(name + ".ocsp")
        subprocess.run(["openssl", "ocsp", "-issuer", self.pki.path("intermediate.pem"), "-cert", self.pki.path(name + ".pem"),
                        "-url", self.pki.ocsp_url, "-respout", path, "-noverify", "-no_nonce"], check=True, capture_output=True, timeout=30)
        return path

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


@pytest.fixture(scope="module")
def responder(tmp_path_factory):
    made = Responder(tmp_path_factory.mktemp("ocsp"))
    yield made
    made.stop()


@pytest.fixture
def daemon(new_daemon, responder):
    """CA is the anchor: of the chain only the server's certificate is asked about."""
    daemon = new_daemon(hosts="127.0.0.1 " + HOST)
    daemon.authenticate("CA", responder.pki.path("intermediate.pem"))
    return daemon


def check_with(daemon, methods):
    daemon.configure("crypto pki trustpoint CA", "revocation-check " + methods)
    assert daemon.ctl("clear crypto pki crls").code == 0


@pytest.fixture
def s_server(responder):
    """s_server(NAME, version, *arguments): a TLS server with a staple or without; answers its port."""
    running = []

    def start(name, version="tls1_3", *arguments):
        port, pki = tree.free_port(), responder.pki
        running.append(subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-cert", pki.path(name + ".pem"), "-key",
             pki.path(name + "-key.pem"), "-quiet", "-" + version, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        tree.wait_for(lambda: is_open(port))
        return port
    yield start
    for p in running:
        p.kill()
        p.wait()


def judged(daemon, port):
    """What a session finds of the server's certificate: OK when the handshake is through and the server says nothing."""
    answer = daemon.json('test mail server "%s" port %d secure smtps timeout 2' % (HOST, port))
    return "OK" if (answer["class"], answer["phase"]) == ("TIMEOUT", "banner") and answer["tls"]["trustpoint"] == "CA" else answer["class"]


VERSIONS = ["tls1_2", "tls1_3"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_staple_is_enough(daemon, responder, s_server, version):
    """Used first: nobody else is asked, for the responder is gone."""
    responder.start()
    staples = {name: responder.staple(name) for name in ("plain", "demands", "revoked")}
    responder.stop()
    for methods in ("ocsp", "crl", "ocsp crl"):
        check_with(daemon, methods)
        assert judged(daemon, s_server("plain", version, "-status", "-status_file", staples["plain"])) == "OK", methods
    assert judged(daemon, s_server("demands", version, "-status", "-status_file", staples["demands"])) == "OK"
    assert judged(daemon, s_server("revoked", version, "-status", "-status_file", staples["revoked"])) == "CERT_REVOKED"
    # Without one, and with that of another certificate, nobody knows.
    assert judged(daemon, s_server("plain", version)) == "CERT_REVOCATION_UNKNOWN"
    assert judged(daemon, s_server("plain", version, "-status", "-status_file", staples["demands"])) == "CERT_REVOCATION_UNKNOWN"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_demands_a_staple(daemon, responder, s_server, version):
    """RFC 7633: without a staple it is refused, though the responder would say that it is good, and whatever is checked."""
    responder.start()
    port = s_server("demands", version)
    for methods in ("ocsp", "ocsp none", "none"):
        check_with(daemon, methods)
        assert judged(daemon, port) == "CERT_REVOCATION_UNKNOWN", methods
    port = s_server("demands", version, "-status", "-status_url", responder.pki.ocsp_url, "-CAfile",
                    responder.pki.path("intermediate.pem"))
    assert judged(daemon, port) == "OK", "fetched by s_server"


def test_the_responder_is_asked(daemon, responder, s_server):
    responder.start()
    check_with(daemon, "ocsp")
    port = s_server("plain")
    assert judged(daemon, port) == "OK"
    responder.stop()
    assert judged(daemon, port) == "OK", "the response holds for an hour"
    check_with(daemon, "ocsp")
    assert judged(daemon, port) == "CERT_REVOCATION_UNKNOWN", "forgotten, and nobody there"
    check_with(daemon, "ocsp none")
    assert judged(daemon, port) == "OK"


def test_a_responder_of_the_issuers(daemon, responder, s_server):
    """Signed by a certificate with id-kp-OCSPSigning of the same issuer; by one without it the response is worth nothing."""
    port = s_server("plain")
    for signer, outcome in (("responder", "OK"), ("plain", "CERT_REVOCATION_UNKNOWN")):
        responder.start(signer)
        check_with(daemon, "ocsp")
        assert judged(daemon, port) == outcome, signer


def test_postfix_with_a_certificate_that_was_revoked(daemon, responder):
    pki = responder.pki
    try:
        mailhost = MailHost(pki.path("plain-chain.pem"), pki.path("plain-key.pem"), settings={"max_use": "1"}).start()
    except Unavailable as why:
        pytest.skip(str(why))
    try:
        daemon.configure("event manager applet MAIL", "event none sync yes",
                         'action 1 mail server "username:password@%s" to "noc@example.test" from "a@example.test" subject "s" body "b" '
                         "port %d secure tls no-queue" % (HOST, mailhost.submission))
        responder.start()
        check_with(daemon, "ocsp")
        assert daemon.run("MAIL").code == 0
        mailhost.wait_mail(1)
        responder.revoked.add("plain")
        responder.start()
        assert daemon.run("MAIL").code == 0, "what is known holds"
        assert daemon.ctl("clear crypto pki crls").code == 0
        assert daemon.run("MAIL").code == 1 and "[CERT_REVOKED tls: " in daemon.show("show logging")
    finally:
        responder.revoked.discard("plain")
        mailhost.stop()
