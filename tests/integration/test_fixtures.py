"""The fixtures themselves: the mail server is real, takes the article's user name, and leaves nothing behind."""

import os
import smtplib
import ssl
import struct
import sys

import pytest

import tree


def client_context(pki, anchor="root.pem"):
    context = ssl.create_default_context(cafile=pki.path(anchor))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def connect(mailhost, pki, **how):
    """An SMTP client in verified TLS; the name is the certificate's, the address the loopback's."""
    smtp = smtplib.SMTP(**how)
    smtp.connect("127.0.0.1", mailhost.submission)
    smtp._host = mailhost.hostname
    smtp.starttls(context=client_context(pki))
    smtp.ehlo()
    return smtp


@pytest.mark.parametrize("user, password", [("email.relay@My.Domain.Name", "MyPasswordString"), ("username", "password"),
                                            ("alice@example.test", "p@ss:w0rd")])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5"])
def test_postfix_takes_mail_over_starttls_with_auth(mailhost, pki, user, password, mechanism):
    with connect(mailhost, pki) as smtp:
        smtp.user, smtp.password = user, password
        assert {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"} <= set(smtp.esmtp_features["auth"].split())
        code, _ = smtp.auth(mechanism, getattr(smtp, "auth_" + mechanism.lower().replace("-", "_")))
        assert code == 235
        assert smtp.sendmail("username@gmail.com", ["EMAIL@domain.com"], "Subject: over TLS\r\n\r\nbody\r\n") == {}
    mail, = mailhost.wait_mail()
    assert mail["subject"] == "over TLS" and mail["X-Original-To"] == "EMAIL@domain.com"
    assert "ESMTPSA" in mail["received"] and mail.get_content() == "body\n"


def test_postfix_refuses_what_it_should(mailhost, pki):
    with connect(mailhost, pki) as smtp:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            smtp.login("username", "wrong")
    with connect(mailhost, pki) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            smtp.sendmail("a@b.test", ["c@d.test"], "Subject: without AUTH\r\n\r\n")
    with smtplib.SMTP("127.0.0.1", mailhost.smtp) as smtp:
        refused = smtp.sendmail("a@b.test", ["refused@d.test", "later@d.test", "taken@d.test"], "Subject: one of three\r\n\r\n")
    assert {a: code for a, (code, _) in refused.items()} == {"refused@d.test": 550, "later@d.test": 451}
    assert [m["X-Original-To"] for m in mailhost.wait_mail()] == ["taken@d.test"]


def test_postfix_leaves_nothing_behind(new_mailhost):
    host = new_mailhost()
    pids = [p.pid for p in host.processes]
    host.stop()
    assert not os.path.exists(host.run) and not [p for p in pids if os.path.exists("/proc/%d" % p)]


@pytest.mark.parametrize("name, error", [("expired", "has expired"), ("wrong-name", "mismatch"), ("self-signed", "self-signed"),
                                         ("untrusted", "self-signed"), ("wrong-purpose", "purpose"),
                                         ("no-intermediate", "local issuer"), ("leaf-as-ca", "invalid CA")])
def test_every_bad_certificate_is_refused_for_its_own_reason(pki, name, error):
    with pytest.raises(ssl.SSLCertVerificationError, match=error):
        handshake(pki, name + "-chain.pem", name + "-key.pem", client_context(pki))


@pytest.mark.parametrize("anchor", ["root.pem", "r1.pem", "intermediate.pem"])
def test_the_good_chain_has_three_anchors(pki, anchor):
    handshake(pki, "chain.pem", "leaf-key.pem", client_context(pki, anchor))


def handshake(pki, cert, key, client):
    """A TLS handshake in memory between the client context and a server that shows the certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki.path(cert), pki.path(key))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(to_client, to_server, server_hostname=pki.host), server.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].cipher()


def test_tshark_reads_a_capture(tshark, tmp_path):
    """One UDP datagram to the syslog port in a pcap file of 24 + 16 octets of headers, link type raw IP (101)."""
    payload = b"<189>hello"
    udp = struct.pack("!HHHH", 40000, 514, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])) + udp
    capture = tmp_path / "one.pcap"
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + struct.pack("<IIII", 1, 0, len(ip), len(ip)) + ip)
    assert tshark("-r", str(capture), "-T", "fields", "-e", "ip.src", "-e", "syslog.msg").split() == ["192.0.2.1", "hello"]


def test_postfix_listens_inside_a_namespace(netns, new_mailhost):
    new_mailhost(netns=netns.name, addresses=["192.0.2.2"], submission=587)
    ehlo = "import smtplib; s = smtplib.SMTP('192.0.2.2', 587); print(s.ehlo()[0], s.has_extn('starttls'))"
    assert netns.run(sys.executable, "-c", ehlo).stdout == "250 True\n"


def test_namespace_has_a_link_that_flaps(netns):
    assert "LOWER_UP" in netns.ip("link", "show", "eth0")
    netns.down("peer0")
    assert tree.wait_for(lambda: "NO-CARRIER" in netns.ip("link", "show", "eth0"))
