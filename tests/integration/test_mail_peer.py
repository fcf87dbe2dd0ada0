"""A second real mail server, Exim with GnuTLS, as an independent peer of Postfix: what we send is understood by other hands as well."""

import re

import pytest

import tree
from danezones import tlsa
from dnssec import Dns, Unavailable as NoDns
from eximhost import EximHost
from mailhost import Unavailable

HOST, SMTP_ADDRESS = "mail.good.example", "127.0.0.7"


@pytest.fixture(scope="module")
def peer(pki):
    pki.leaf("peer", names=[HOST])
    try:
        running = EximHost(pki.path("peer-chain.pem"), pki.path("peer-key.pem"), hostname=HOST, addresses=[SMTP_ADDRESS])
        running.start()
    except Unavailable as why:
        if "did not start" in str(why) or "ended at once" in str(why):
            raise
        pytest.skip(str(why))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dns(tmp_path_factory, pki, peer):
    try:
        made = Dns(tmp_path_factory.mktemp("dns"))
    except NoDns as why:
        pytest.skip(str(why))
    at = "_%d._tcp.mail TLSA " % peer.smtp
    made.zone("good.example", "@ MX 10 mail", "mail A " + SMTP_ADDRESS, at + tlsa(pki.path("peer.pem")))
    made.zone("mismatch.example", "@ MX 10 mail", "mail A " + SMTP_ADDRESS, at + "3 1 1 " + "00" * 32)
    with made:
        yield made


@pytest.fixture(scope="module")
def daemon(module_daemon, pki, peer, dns):
    d = module_daemon(config=["ip name-server " + dns.resolver, "dnssec trust-anchor " + dns.anchor,
                              "mail bounce-profile default first-wait 1"])
    d.authenticate("ROOT", pki.path("root.pem"))
    d.count = 0
    return d


def send(d, server, to, port, words="secure tls", sender="eem@good.example", body="down"):
    """Runs one mail; its subject, and what `$_mail_result` was."""
    d.count += 1
    name = "P%d" % d.count
    d.configure("event manager applet " + name, "event none sync yes maxrun 60",
                'action 1 mail server "%s" to "%s" from "%s" subject "%s" body "%s" port %d %s' % (server, to, sender, name, body, port, words))
    return name, d.run(name)


def arrived(peer, subject, copies=1):
    def found():
        return [m for m in peer.mails() if m["subject"] == subject]
    assert tree.wait_for(lambda: len(found()) == copies, 20), peer.log()
    return found()


def test_starttls_by_a_trustpoint_and_a_login(daemon, peer):
    """The user name with an `@` in it, of seed 000."""
    subject, ran = send(daemon, "email.relay@My.Domain.Name:MyPasswordString@" + HOST, "noc@example.test", peer.submission)
    assert ran.code == 0, ran
    arrived(peer, subject)
    assert tree.wait_for(lambda: re.search(r"P=esmtpsa X=TLS1\.[23]:\S+ .*A=\w+:email\.relay@My\.Domain\.Name", peer.log())), peer.log()


def test_a_wrong_password_and_a_wrong_name_are_refused(daemon, peer):
    before = len(peer.mails())
    _, ran = send(daemon, "username:wrong-password@" + HOST, "noc@example.test", peer.submission, "secure tls no-queue")
    assert ran.code == 1
    daemon.wait_log(r"FMPD_SMTP: Error occurred when sending mail to SMTP server: username:\*+@%s : error in authentication \[AUTH_FAILED auth: 535" % HOST)
    _, ran = send(daemon, "username:password@" + SMTP_ADDRESS, "noc@example.test", peer.submission, "secure tls no-queue")
    assert ran.code == 1
    daemon.wait_log(r"\[CERT_NAME_MISMATCH tls:")
    assert len(peer.mails()) == before


def test_no_trustpoint_no_mail(new_daemon, peer, dns):
    d = new_daemon(config=["ip name-server " + dns.resolver, "dnssec trust-anchor " + dns.anchor])
    d.count = 100
    _, ran = send(d, "username:password@" + HOST, "noc@example.test", peer.submission, "secure tls no-queue")
    assert ran.code == 1
    d.wait_log(r"error in connecting to SMTP server \[CERT_UNTRUSTED tls:")
    assert peer.log().count("A=plain") + peer.log().count("A=login") <= 1  # of the test before


def test_one_of_several_recipients_is_refused(daemon, peer):
    subject, ran = send(daemon, HOST, "noc@example.test, refused@example.test, ops@example.test", peer.smtp, "secure none")
    assert ran.code == 1  # not everybody has it
    arrived(peer, subject, 2)  # one mail, two recipients: one file each
    message = next(m for m in daemon.json("show mail queue detail")["messages"] if m["state"] == "held")
    states = {r["mailbox"]: r for r in message["recipients"]}
    assert states["refused@example.test"]["class"] == "RECIPIENT_REJECTED" and states["refused@example.test"]["code"] == 550
    assert daemon.ctl("mail queue delete %d" % message["mid"]).code == 0


def test_put_off_and_delivered_later(daemon, peer):
    subject, ran = send(daemon, HOST, "later@example.test", peer.smtp, "secure tls")
    assert ran.code == 0  # accepted: it waits
    waiting = daemon.json("show mail queue detail")["messages"]
    assert [m["state"] for m in waiting] == ["deferred"] and waiting[0]["recipients"][0]["code"] == 451
    peer.accept_later()
    daemon.ctl("mail queue flush")
    got, = arrived(peer, subject)
    assert got["Message-ID"] and tree.wait_for(lambda: not daemon.json("show mail queue")["messages"])


def test_what_it_offers_is_used(daemon, peer):
    tested = daemon.json('test mail server "%s" port %d secure tls' % (HOST, peer.smtp))
    assert {"8BITMIME", "SIZE", "PIPELINING", "SMTPUTF8"} <= {c.split()[0] for c in tested["capabilities"]}
    subject, ran = send(daemon, HOST, "jürgen@example.test, noc@example.test", peer.smtp, "secure tls", body="Grüße aus Zürich, 日本")
    assert ran.code == 0
    got = arrived(peer, subject, 2)[0]
    assert got.get_content() == "Grüße aus Zürich, 日本\n" and got["Content-Transfer-Encoding"] == "8bit"
    assert tree.wait_for(lambda: "P=utf8esmtps" in peer.log() and "for jürgen@example.test noc@example.test" in peer.log()), peer.log()


def test_a_large_mail_line_by_line(daemon, peer):
    """Dots, long lines, and more than one block of text."""
    daemon.count += 1
    name = "P%d" % daemon.count
    daemon.configure("event manager applet " + name, "event none sync yes maxrun 60", 'action 1 set b ""', "action 2 set n 0", "action 3 while $n lt 400",
                     'action 4  append b ".$n is a line of a large mail that begins with a dot and is of some length, so that it goes out in blocks\\n"',
                     "action 5  increment n", "action 6 end",
                     'action 7 mail server "%s" to "noc@example.test" from "eem@good.example" subject "%s" body "$b" port %d secure tls' % (HOST, name, peer.smtp))
    assert daemon.run(name).code == 0
    lines = arrived(peer, name)[0].get_content().splitlines()
    assert [line.split(" ")[0] for line in lines if line] == [".%d" % n for n in range(400)]


def test_direct_delivery_under_dane(daemon, peer):
    for domain, mode in (("good.example", "mandatory"), ("mismatch.example", "opportunistic")):
        daemon.configure("mail destination %s tls preferred dane %s" % (domain, mode))
    before = daemon.show("show mail log")
    names = [send(daemon, "USEDNS", "noc@good.example", peer.smtp, "") for _ in range(3)]
    for subject, ran in names:
        assert ran.code == 0
        arrived(peer, subject)
    told = daemon.show("show mail log")[len(before):]
    # One connection, proven once (seed 002's sign), three mails.
    dcid, = re.findall(r"DCID (\d+) TLS success protocol \S+ cipher \S+ for good\.example$", told, re.M)
    assert re.findall(r"Delivery start DCID (\d+) MID", told) == [dcid] * 3
    # Another domain at the same address with other records never gets into that session.
    subject, ran = send(daemon, "USEDNS", "noc@mismatch.example", peer.smtp, "no-queue")
    assert ran.code == 1
    daemon.wait_log(r"\[DANE_MISMATCH tls:")
    assert not [m for m in peer.mails() if m["subject"] == subject]


def test_daneverify_against_it(daemon, peer):
    verified = daemon.show("daneverify good.example port %d" % peer.smtp)
    assert "DANE SUCCESS for good.example" in verified, verified


def test_several_mails_in_one_session(daemon, peer):
    before = len(re.findall("TCP/IP connection count", peer.log()))
    for _ in range(4):
        subject, ran = send(daemon, "username:password@" + HOST, "noc@example.test", peer.submission)
        assert ran.code == 0
        arrived(peer, subject)
    assert len(re.findall("TCP/IP connection count", peer.log())) == before + 1
