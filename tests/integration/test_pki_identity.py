"""`crypto pki import NAME pem | pkcs12` and `mail identity-trustpoint NAME`: a certificate of our own, shown to a Postfix that
demands one; and `mail trustpool system`."""

import os
import re
import subprocess

import pytest

HOST = "mail.example.test"
PASSWORD = "a-long-password"
APPLET = ["event manager applet MAIL", "event none sync yes",
          'action 1 mail server "username:password@%s" to "noc@example.test" from "a@example.test" subject "s" body "b" port %d secure tls no-queue']


def read(path, mode="rb"):
    with open(path, mode) as f:
        return f.read()


@pytest.fixture(scope="module")
def client(pki):
    """client.pem, client-key.pem, client.p12 (encrypted) and client-enc.pem (encrypted key and chain)."""
    pki.leaf("client", host="r1.example.test", purposes=("client",))
    subprocess.run(["openssl", "pkcs12", "-export", "-in", pki.path("client-chain.pem"), "-inkey", pki.path("client-key.pem"),
                    "-out", pki.path("client.p12"), "-passout", "pass:" + PASSWORD], check=True)
    key = subprocess.run(["openssl", "pkcs8", "-topk8", "-in", pki.path("client-key.pem"), "-passout", "pass:" + PASSWORD],
                         check=True, capture_output=True).stdout
    with open(pki.path("client-enc.pem"), "wb") as f:
        f.write(key + read(pki.path("client-chain.pem")))
    return pki


@pytest.fixture
def daemon(new_daemon):
    return new_daemon(hosts="127.0.0.1 " + HOST)


def put(daemon, path):
    os.makedirs(os.path.join(daemon.state, "flash"), exist_ok=True)
    name = os.path.basename(path)
    with open(os.path.join(daemon.state, "flash", name), "wb") as f:
        f.write(read(path))
    return "flash:" + name


def secrets_of(pki):
    """What must never be seen: lines of the private key."""
    return [line for line in read(pki.path("client-key.pem"), "r").splitlines() if len(line) > 40]


def everything_under(directory):
    return b"".join(read(os.path.join(root, f)) for root, _, files in os.walk(directory) for f in files if f != "client-key.pem")


def imports(daemon, pki, how):
    if how == "pkcs12":
        return daemon.ctl("crypto pki import ME pkcs12 %s password %s" % (put(daemon, pki.path("client.p12")), PASSWORD))
    if how == "pem url":
        return daemon.ctl("crypto pki import ME pem url %s password %s" % (put(daemon, pki.path("client-enc.pem")), PASSWORD))
    text = read(pki.path("client-enc.pem"), "r")
    key, certs = text[:text.index("-----BEGIN CERT")], text[text.index("-----BEGIN CERT"):]
    return daemon.ctl("configure terminal", "crypto pki import ME pem terminal password " + PASSWORD,
                      input=key + "quit\n" + certs + "quit\n")


@pytest.mark.parametrize("how", ["pkcs12", "pem url", "pem terminal"])
def test_import(daemon, client, how):
    answer = imports(daemon, client, how)
    assert answer.code == 0, answer
    assert '% Identity "cn=r1.example.test", with 2 CA certificates that go along and are not trusted by that.\n' in answer.out
    assert answer.out.endswith("CRYPTO_PKI: Imported PKCS12 file successfully.\n" if how == "pkcs12" else "% PEM files import succeeded.\n")
    shown = daemon.json("show crypto pki certificates")["certificates"]
    assert [(c["type"], c["subject"], c["associated_trustpoints"]) for c in shown] == [("Certificate", "cn=r1.example.test", ["ME"])]
    status = daemon.show("show crypto pki trustpoints ME status")
    assert "  Router General Purpose certificate configured:\n    Subject Name:\n     cn=r1.example.test\n" in status
    assert "Keys generated ............. Yes (General Purpose, non-exportable)" in status
    # Nobody sees the key or its password: not in the configuration, the log, the history, nor in clear in a file.
    seen = daemon.show("show running-config") + daemon.show("show logging") + daemon.show("show crypto pki certificates verbose ME")
    for secret in secrets_of(client) + [PASSWORD]:
        assert secret not in seen
    kept = read(os.path.join(daemon.state, "identities.json"))
    assert b'"{6}' in kept and os.stat(os.path.join(daemon.state, "identities.json")).st_mode & 0o777 == 0o600
    if how == "pem terminal":
        assert not any(s.encode() in everything_under(daemon.state) for s in secrets_of(client))


def test_wrong_things_are_refused(daemon, client):
    p12, enc = put(daemon, client.path("client.p12")), put(daemon, client.path("client-enc.pem"))
    other = put(daemon, client.path("leaf.pem"))
    client.leaf("client-old", host="r1.example.test", purposes=("client",), days=(-30, -3))
    with open(client.path("client-old-all.pem"), "wb") as f:
        f.write(read(client.path("client-old-key.pem")) + read(client.path("client-old.pem")))
    with open(client.path("mixed.pem"), "wb") as f:
        f.write(read(client.path("client-key.pem")) + read(client.path("leaf.pem")))
    for command, text in (("pkcs12 %s password wrong" % p12, "password is wrong"),
                          ("pem url %s password wrong" % enc, "password is wrong"),
                          ("pem url %s" % enc, "a password is needed"),
                          ("pem url %s" % other, "no private key"),
                          ("pkcs12 %s password x" % other, "not a PKCS#12 file"),
                          ("pem url %s" % put(daemon, client.path("mixed.pem")), "no certificate in it belongs to the private key"),
                          ("pem url %s" % put(daemon, client.path("client-old-all.pem")), "has expired"),
                          ("pem url flash:nothing", "No such file")):
        answer = daemon.ctl("crypto pki import ME " + command)
        assert answer.code == 1 and text in answer.out, (command, answer)
    assert daemon.json("show crypto pki trustpoints")["trustpoints"] == []


def test_a_server_that_demands_a_certificate(daemon, client, new_mailhost):
    """Postfix accepts only who shows a certificate of our CA; the identity outlives a restart and goes with its trustpoint."""
    mailhost = new_mailhost(settings={"smtpd_tls_ask_ccert": "yes", "smtpd_tls_req_ccert": "yes", "max_use": "1",
                                      "smtpd_tls_CAfile": client.path("root.pem")},
                            submission_settings=("smtpd_tls_req_ccert=yes",))
    daemon.configure(*[line % (HOST, mailhost.submission) if "%s" in line else line for line in APPLET])
    daemon.authenticate("ROOT", client.path("root.pem"))
    assert daemon.run("MAIL").code == 1, "without a certificate Postfix refuses"

    assert imports(daemon, client, "pkcs12").code == 0
    daemon.configure("mail identity-trustpoint ME")
    assert daemon.run("MAIL").code == 0
    mailhost.wait_mail(1)
    assert re.search(r"r1\.example\.test|Trusted TLS connection established from", mailhost.log())

    assert daemon.ctl("write memory").code == 0
    daemon.stop()
    daemon.start()
    assert "mail identity-trustpoint ME\n" in daemon.show("show running-config")
    assert daemon.run("MAIL").code == 0
    mailhost.wait_mail(2)

    # The trustpoint goes, and its key with it; mail does not go on as if nothing were missing.
    assert daemon.ctl("configure terminal", "no crypto pki trustpoint ME", input="yes\n").code == 0
    assert read(os.path.join(daemon.state, "identities.json")).strip() == b"{}"
    assert daemon.run("MAIL").code == 1
    assert 'the trustpoint of "mail identity-trustpoint" has no certificate with its key' in daemon.show("show logging")


def test_an_identity_that_is_no_clients_is_warned_about(daemon, client):
    with open(client.path("server-all.pem"), "wb") as f:
        f.write(read(client.path("leaf-key.pem")) + read(client.path("leaf.pem")))
    answer = daemon.ctl("crypto pki import ME pem url " + put(daemon, client.path("server-all.pem")))
    assert answer.code == 0
    assert "% Warning: as a client's, as in mail, a server will refuse this certificate (extendedKeyUsage); for what listens here it is fine" in answer.out


def test_the_systems_certificates_only_when_told(new_daemon, pki, new_mailhost):
    """`mail trustpool system`; 300 strangers in the store do not hide the one that counts."""
    strangers = b"".join(
        __import__("pki").pem(pki.authority(__import__("pki").name_of("Stranger %d" % i)).cert) for i in range(300))
    with open(pki.path("system.pem"), "wb") as f:
        f.write(strangers + read(pki.path("root.pem")))
    mailhost = new_mailhost()
    daemon = new_daemon(hosts="127.0.0.1 " + HOST, env={"SSL_CERT_FILE": pki.path("system.pem")})
    daemon.configure(*[line % (HOST, mailhost.submission) if "%s" in line else line for line in APPLET])
    assert daemon.run("MAIL").code == 1 and "[CERT_UNTRUSTED tls: no trustpoint configured" in daemon.show("show logging")
    daemon.configure("mail trustpool system")
    assert daemon.run("MAIL").code == 0
    mailhost.wait_mail(1)
    assert daemon.json("show crypto pki trustpool")["certificates"] == [], "the system's are no part of the trustpool"
    daemon.configure("no mail trustpool system")
    assert daemon.run("MAIL").code == 1
