"""`crypto pki authenticate NAME from-server HOST`: what servers show, certificate by certificate, from a real Postfix, from
openssl s_server, and from servers that mean harm."""

import json
import os
import re
import socket
import subprocess
import threading

import pytest

import tree
from dnssec import Dns, Faults, stripping

HOST = "mail.example.test"
SMTP = " starttls smtp"
ASKED = "% Do you accept this certificate? [yes/no]: "


def lines(*answers):
    return "".join(a + "\n" for a in answers)


def from_server(daemon, name, port, *answers, more="", options=(), command="authenticate"):
    return daemon.ctl("configure terminal", "crypto pki %s %s from-server %s port %d%s" % (command, name, HOST, port, more),
                      input=lines(*answers), options=options)


@pytest.fixture
def daemon(new_daemon):
    return new_daemon(hosts="127.0.0.1 " + HOST)


def openssl(args, path):
    return subprocess.run(["openssl", "x509", "-noout", "-in", path, *args], check=True, capture_output=True, text=True).stdout


def fingerprint(path, digest):
    """As IOS groups it, by openssl itself."""
    hexed = openssl(["-fingerprint", "-" + digest], path).split("=")[1].strip().replace(":", "")
    return " ".join(hexed[i:i + 8] for i in range(0, len(hexed), 8))


def test_each_certificate_is_shown_and_asked_for(daemon, mailhost, pki):
    answer = from_server(daemon, "CORP", mailhost.submission, "no", "yes", "no", more=SMTP)
    assert answer.code == 0, answer
    out = answer.out
    assert re.search(r"^Connected to 127\.0\.0\.1: TLSv1\.3, TLS_AES_\w+, 3 certificates\.$", out, re.M)
    assert "The chain is not trusted here [CERT_UNTRUSTED: no trustpoint configured" in out
    blocks = re.split(r"^Certificate (?=\d of 3)", out, flags=re.M)[1:]
    assert [b.split("\n")[0] for b in blocks] == ["3 of 3: intermediate CA", "2 of 3: intermediate CA", "1 of 3: server certificate"]
    for block, file in zip(blocks, ("r1-cross.pem", "intermediate.pem", "leaf.pem")):
        for digest in ("md5", "sha1", "sha256"):
            assert "  Fingerprint %s: %s\n" % (digest.upper(), fingerprint(pki.path(file), digest)) in block
    assert "  Signed by: a CA that is neither shown nor installed\n" in blocks[0]
    assert "every certificate that this CA, or a CA below it, signs is good for the host\n" in blocks[0]
    assert "  Signed by: certificate 3\n" in blocks[1]
    assert "  Names: %s\n" % HOST in blocks[2] and "a server that shows this very certificate is good, and no other" in blocks[2]
    assert "  Signed by: CORP, which is trusted here already\n" in blocks[2], "accepted a moment ago"
    assert out.count(ASKED) == 3 and out.count("% Certificate not accepted.\n") == 2
    assert "Trustpoint CORP holds it now (new, revocation-check none).\n" in out
    assert 'does not show the root "cn=Example Global Root CA,ou=Root CA,o=Example Global nv-sa,c=BE"' in out
    assert out.endswith("% Certificate successfully imported: trustpoint CORP\n")
    shown = daemon.json("show crypto pki certificates verbose CORP")["certificates"][0]
    assert shown["fingerprint_sha1"] == fingerprint(pki.path("intermediate.pem"), "sha1")
    assert "crypto pki trustpoint CORP\n enrollment terminal\n revocation-check none\n" in daemon.show("show running-config")


def test_what_was_accepted_carries_mail(daemon, mailhost):
    assert from_server(daemon, "CORP", mailhost.submission, "yes", "yes", "yes", command="import-chain", more=SMTP).out.endswith(
        "% Certificates successfully imported: trustpoints CORP, CORP-2, CORP-3\n")
    daemon.configure("event manager applet MAIL", "event none sync yes",
                     'action 1 mail server "username:password@%s" to "noc@example.test" from "a@example.test" subject "s" body "b" '
                     "port %d secure tls" % (HOST, mailhost.submission))
    assert daemon.run("MAIL").code == 0
    mailhost.wait_mail(1)
    again = from_server(daemon, "NEXT", mailhost.submission, "yes", more=SMTP)
    assert again.code == 0 and "The chain is good already: it leads to " in again.out
    assert again.out.count("It is installed already: ") == 3 and again.out.endswith("% No certificate was imported.\n")
    assert daemon.json("show crypto pki trustpoints")["trustpoints"][-1]["name"] == "CORP-3"


def test_the_dialog_on_a_terminal(daemon, mailhost):
    """Answers as they are typed; Ctrl-C leaves with what was accepted until then, also while a server keeps silent."""
    pexpect = pytest.importorskip("pexpect", reason="python3-pexpect is not installed")
    server = Rogue(hang)
    tty = pexpect.spawn(os.path.join(tree.BUILD, "eventctl"), ["--socket", daemon.socket, "--no-color"], encoding="utf-8",
                        timeout=30, dimensions=(100, 200))
    try:
        tty.expect_exact("#")
        tty.sendline("terminal length 0")
        tty.sendline("crypto pki import-chain CORP from-server %s port %d%s" % (HOST, mailhost.submission, SMTP))
        tty.expect_exact("Certificate 3 of 3: intermediate CA")
        tty.expect_exact(ASKED)
        tty.sendline("maybe")
        tty.expect_exact("% Please answer 'yes' or 'no'.")
        tty.expect_exact(ASKED)
        tty.sendline("yes")
        tty.expect_exact("Trustpoint CORP holds it now")
        tty.expect_exact(ASKED)
        tty.sendcontrol("c")
        tty.expect_exact("#")
        tty.sendline("crypto pki import-chain EVIL from-server 127.0.0.1 port %d" % server.port)
        tree.wait_for(lambda: server.kept)
        tty.sendcontrol("c")
        tty.expect_exact("#")
        tty.sendline("show crypto pki trustpoints | include Trustpoint")
        tty.expect_exact("Trustpoint CORP:")
        tty.expect_exact("#")
    finally:
        tty.close(force=True)
        server.close()
    assert [t["name"] for t in daemon.json("show crypto pki trustpoints")["trustpoints"]] == ["CORP"]
    tree.wait_for(lambda: not [c for c in server.kept if is_connected(c)])


def test_without_answers_nothing_is_accepted(daemon, mailhost):
    answer = from_server(daemon, "CORP", mailhost.submission, more=SMTP)
    assert answer.code == 0 and answer.out.endswith("% No certificate was imported.\n")
    assert daemon.json("show crypto pki trustpoints")["trustpoints"] == []


def test_a_configured_fingerprint_answers(daemon, mailhost, pki):
    sha1 = fingerprint(pki.path("intermediate.pem"), "sha1").replace(" ", "")
    daemon.configure("crypto pki trustpoint CORP", "enrollment terminal", "revocation-check none", "fingerprint " + sha1)
    answer = from_server(daemon, "CORP", mailhost.submission, more=SMTP)
    assert answer.code == 0 and "Certificate validated - fingerprints matched.\nTrustpoint CORP holds it now.\n" in answer.out
    assert answer.out.count("% Not the certificate whose fingerprint trustpoint CORP names.\n") == 1
    assert answer.out.endswith("% Certificate successfully imported: trustpoint CORP\n")
    full = from_server(daemon, "CORP", mailhost.submission, options=("--json",), more=SMTP)
    assert full.code == 1 and "delete your existing CA certificate first" in json.loads(full.out)["error"]["message"]


@pytest.fixture
def s_server(pki):
    """openssl s_server with the certificate NAME-chain.pem; answers its port."""
    running = []

    def start(name, *arguments):
        port = tree.free_port()
        running.append(subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-cert", pki.path(name + ".pem"), "-key",
             pki.path(name + "-key.pem"), "-cert_chain", pki.path(name + "-chain.pem"), "-quiet", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def is_open():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        tree.wait_for(is_open)
        return port
    yield start
    for p in running:
        p.kill()
        p.wait()


def test_tls_from_the_first_octet(daemon, s_server):
    answer = from_server(daemon, "SELF", s_server("self-signed"), "yes")
    assert answer.code == 0 and "Certificate 1 of 1: self-signed server certificate\n" in answer.out
    assert "  Signed by: itself\n" in answer.out
    assert daemon.json("show crypto pki trustpoints")["trustpoints"][0]["name"] == "SELF"


def test_an_expired_certificate_is_shown_and_not_asked_for(daemon, s_server):
    answer = from_server(daemon, "OLD", s_server("expired"), "no", "no")
    assert answer.out.count(ASKED) == 2 and "% It has expired: it cannot be installed.\n" in answer.out


def test_a_server_that_wants_a_certificate_of_ours(daemon, s_server, pki):
    answer = from_server(daemon, "CORP", s_server("self-signed", "-Verify", "1", "-CAfile", pki.path("root.pem")), "no")
    assert answer.code == 0 and "Certificate 1 of 1" in answer.out


class Rogue:
    """Accepts connections and hands each to f."""

    def __init__(self, f):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.f, self.kept = f, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.kept.append(connection)
            try:
                self.f(connection)
            except OSError:
                pass

    def close(self):
        self.socket.close()
        for c in self.kept:
            c.close()


def is_connected(c):
    """Has the other end not hung up yet?"""
    try:
        return c.recv(65536, socket.MSG_DONTWAIT) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def hang(c):
    pass


def garbage(c):
    c.sendall(bytes(range(256)) * 64)
    c.shutdown(socket.SHUT_WR)


def endless(c):
    for _ in range(1000):
        c.sendall(b"220-" + b"x" * 1000 + b"\r\n")


def no_starttls(c):
    c.sendall(b"220 mail.example.test\r\n")
    c.recv(1000)
    c.sendall(b"250 mail.example.test\r\n")
    c.recv(1000)
    c.sendall(b"502 5.5.1 \x1B[31mno such command\r\n")


@pytest.mark.parametrize("rogue, more, text", [
    (hang, " timeout 1", "time-out"),
    (hang, " starttls smtp timeout 1", "time-out"),
    (garbage, "", "does not answer with TLS"),
    (garbage, " starttls smtp", "does not answer with SMTP"),
    (endless, " starttls smtp", "reply has no end"),
    (no_starttls, " starttls smtp", r"the server refuses STARTTLS: 502 5.5.1 \x1B[31mno such command"),
])
def test_a_hostile_server_fails_the_command_only(daemon, rogue, more, text):
    server = Rogue(rogue)
    try:
        answer = from_server(daemon, "EVIL", server.port, "yes", more=more)
        assert answer.code == 1 and text in answer.out + answer.err, answer
        told = from_server(daemon, "EVIL", server.port, "yes", more=more, options=("--json",))
        assert told.code == 1 and text in json.loads(told.out)["error"]["message"]
    finally:
        server.close()
    assert daemon.json("show crypto pki trustpoints")["trustpoints"] == []
    assert not [p for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-pki"]


def test_a_huge_chain(daemon, pki, s_server):
    """300 certificates in one handshake: refused by size before any is looked at."""
    with open(pki.path("stranger.pem")) as f:
        stranger = f.read()
    with open(pki.path("leaf.pem")) as f:
        leaf = f.read()
    for name, text in (("huge-chain", leaf + stranger * 300), ("huge", leaf)):
        with open(pki.path(name + ".pem"), "w") as f:
            f.write(text)
    with open(pki.path("leaf-key.pem")) as source, open(pki.path("huge-key.pem"), "w") as f:
        f.write(source.read())
    answer = from_server(daemon, "EVIL", s_server("huge"), "yes")
    assert answer.code == 1 and "excessive message size" in answer.out + answer.err


def test_a_port_that_speaks_first(daemon, mailhost):
    answer = from_server(daemon, "CLEAR", mailhost.submission, "yes")
    assert answer.code == 1 and "'starttls smtp'" in answer.out + answer.err, answer
    answer = from_server(daemon, "CLEAR", mailhost.submission, "no", "no", "no", more=SMTP)
    assert "'starttls smtp'" not in answer.out + answer.err


def test_nobody_there(daemon):
    answer = from_server(daemon, "GONE", tree.free_port(), "yes")
    assert answer.code == 1 and "Connection refused" in answer.out + answer.err
    answer = daemon.ctl("crypto pki import-chain X from-server no-such-host.invalid")
    assert answer.code == 1 and "no-such-host.invalid: " in answer.out + answer.err


def test_the_configured_name_servers_are_asked(new_daemon, mailhost, tmp_path):
    """The system knows nothing of this name; a name that they do not know is left to the system."""
    own = Dns(tmp_path)
    own.zone("named.example", "mail A 127.0.0.1")
    with own, Faults(own, ("", None, stripping)) as bad:
        daemon = new_daemon(config=["ip name-server " + own.resolver, "dnssec trust-anchor " + own.anchor])
        ask = "crypto pki authenticate CORP from-server mail.named.example port %d%s" % (mailhost.submission, SMTP)
        answer = daemon.ctl("configure terminal", ask, input=lines("no", "no", "yes"))
        assert answer.code == 0 and "Connected to 127.0.0.1: TLS" in answer.out, answer
        assert "trustpoint CORP\n" in answer.out
        answer = daemon.ctl("crypto pki import-chain X from-server gone.named.example")
        assert answer.code == 1 and "gone.named.example: " in answer.out + answer.err
        answer = daemon.ctl("configure terminal", "no ip name-server " + own.resolver, "ip name-server " + bad.resolver,
                            ask.replace("CORP", "MORE"), input=lines("no", "no", "no"))
        assert answer.code == 1 and "mail.named.example: " in answer.out + answer.err and "show mail dnssec" in answer.out + answer.err, answer
