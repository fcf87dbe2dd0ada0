"""Real mail to domains of a DNS of our own, under DANE: every row of the decision table (mail-security 8.1) in both modes, from
the applet's statement to the mail server or the queue."""

import danezones
import pytest
import tree
from badsmtp import BadSmtp
from dnssec import Dns, Faults, Unavailable, servfail, silence

DANE, HOST, PLAIN = "DANE success", "delivered, MX insecure", "delivered"  # how it arrived
NXDOMAIN, NO_MAIL = "5.1.2", "5.1.10"  # bounced with this

# Domain: what becomes of the mail when DANE is mandatory, and when it is opportunistic. A class: it waits in the queue.
ROWS = {
    "good": (DANE, DANE),
    "ta": (DANE, DANE),
    "rollover": (DANE, DANE),
    "wildcard": (DANE, DANE),
    "cname": (DANE, DANE),
    "cname-original": (DANE, DANE),
    "implicit": (DANE, DANE),
    "two": (DANE, DANE),
    "signed.opt-out": (DANE, DANE),
    "mismatch": ("DANE_MISMATCH", "DANE_MISMATCH"),
    "agility": ("DANE_MISMATCH", "DANE_MISMATCH"),
    "no-starttls": ("DANE_NO_TLS", "DANE_NO_TLS"),
    "unusable": ("DANE_NO_TLSA", PLAIN),
    "insecure-tlsa": ("DANE_INSECURE", PLAIN),
    "no-tlsa": ("DANE_NO_TLSA", PLAIN),
    "bogus-tlsa": ("DANE_BOGUS", "DANE_BOGUS"),
    "failed-tlsa": ("DNS_FAILED", "DNS_FAILED"),
    "insecure-a": ("DANE_INSECURE", PLAIN),
    "cname-out": ("DANE_INSECURE", PLAIN),
    "bogus-a": ("DANE_BOGUS", "DANE_BOGUS"),
    "no-a": ("DNS_FAILED", "DNS_FAILED"),  # no host left: queued, not bounced
    "nodata-a": ("DNS_FAILED", "DNS_FAILED"),
    "failed-a": ("DNS_FAILED", "DNS_FAILED"),
    "plain-mx": ("DANE_INSECURE", HOST),
    "plain-mx-wrong": ("DANE_INSECURE", "DANE_MISMATCH"),
    "plain-mx-no-tlsa": ("DANE_NO_TLSA", PLAIN),
    "plain-mx-bogus-tlsa": ("DANE_BOGUS", "DANE_BOGUS"),
    "plain-mx-bogus-a": ("DANE_BOGUS", "DANE_BOGUS"),
    "plain": ("DANE_INSECURE", PLAIN),
    "unknown-algorithm": ("DANE_INSECURE", PLAIN),
    "below.opt-out": ("DANE_INSECURE", PLAIN),
    "implicit-no-tlsa": ("DANE_NO_TLSA", PLAIN),
    "bogus-mx": ("DANE_BOGUS", "DANE_BOGUS"),
    "expired": ("DANE_BOGUS", "DANE_BOGUS"),
    "wrong-ds": ("DANE_BOGUS", "DANE_BOGUS"),
    "failed-mx": ("DNS_FAILED", "DNS_FAILED"),
    "nothing-here": (NXDOMAIN, NXDOMAIN),
    "null": (NO_MAIL, NO_MAIL),
}


@pytest.fixture(scope="module")
def server(pki):
    with BadSmtp(cert=pki.path("chain.pem"), key=pki.path("leaf-key.pem")) as running:
        yield running


@pytest.fixture(scope="module")
def clear():
    with BadSmtp() as running:
        yield running


@pytest.fixture(scope="module")
def dns(tmp_path_factory, pki, server, clear):
    try:
        made = Dns(tmp_path_factory.mktemp("dns"))
    except Unavailable as why:
        pytest.skip(str(why))
    danezones.add(made, pki, server.port)
    good = danezones.tlsa(pki.path("chain.pem"))
    for name in ("failed-tlsa", "failed-a", "failed-mx"):
        made.zone(name + ".example", "@ MX 10 mail", "mail A 127.0.0.1", "_%d._tcp.mail TLSA %s" % (server.port, good))
    made.zone("no-starttls.example", "@ MX 10 mail", "mail A 127.0.0.1", "_%d._tcp.mail TLSA %s" % (clear.port, good))
    with made, Faults(made, ("tcp.mail.failed-tlsa.example$", "TLSA", servfail), ("^mail.failed-a.example$", None, servfail),
                      ("^failed-mx.example$", "MX", servfail)) as faults:
        made.forwarder = faults.resolver
        yield made


def applet(name, port):
    return ["event manager applet " + name, " event none sync yes",
            ' action 1 mail server "USEDNS" to "$_none_arg1" from "eem@good.example" subject "link" body "down" port %d' % port]


@pytest.fixture(scope="module", params=["mandatory", "opportunistic"])
def router(request, module_daemon, dns, server, clear):
    d = module_daemon(config=["ip name-server " + dns.forwarder, "dnssec trust-anchor " + dns.anchor,
                              "mail destination .example tls preferred dane " + request.param]
                      + applet("SEND", server.port) + applet("CLEAR", clear.port))
    d.mode = request.param
    return d


def waiting(router, mailbox):
    return [m for m in router.json("show mail queue detail")["messages"] if m["recipients"][0]["mailbox"] == mailbox]


@pytest.mark.parametrize("domain", ROWS)
def test_every_row_in_both_modes(router, server, domain):
    want = ROWS[domain][0 if router.mode == "mandatory" else 1]
    mailbox = "%s@%s.example" % (router.mode, domain)
    answer = router.run("CLEAR" if domain == "no-starttls" else "SEND", mailbox)
    arrived = [m for m in server.mails if mailbox in str(m.recipients)]
    mid = [line for line in router.show("show mail log").splitlines() if " for %s.example" % domain in line]
    success = [line for line in mid if "TLS success protocol" in line]
    if want in (DANE, HOST, PLAIN):
        assert answer.code == 0 and len(arrived) == 1, router.show("show mail queue detail")
        assert bool(success) == (want == DANE), mid  # grep "TLS success.*for" finds DANE and nothing else
        assert not waiting(router, mailbox)
        return
    assert not arrived and not success
    message = waiting(router, mailbox)[0]
    if want in (NXDOMAIN, NO_MAIL):
        assert answer.code == 1 and message["state"] == "failed"
        bounce = tree.wait_for(lambda: [m.text for m in server.mails if "Final-Recipient: rfc822; " + mailbox in m.text], 20)
        assert bounce and "Status: " + want in bounce[0]
    else:
        assert answer.code == 0 and message["state"] == "deferred", answer.out
        assert message["class"] == want, message["reason"]


def test_what_is_delivered_is_encrypted(router, server):
    """Rows without DANE went through STARTTLS all the same."""
    assert server.mails and all(m.secure for m in server.mails)


def test_an_unusable_record_forbids_the_clear(module_daemon, dns, clear, tmp_path_factory, pki):
    """RFC 7672 2.2: TLSA records that cannot be used still say that there is TLS."""
    own = Dns(tmp_path_factory.mktemp("own"))
    own.zone("u.example", "@ MX 10 mail", "mail A 127.0.0.1", "_%d._tcp.mail TLSA 0 0 1 %s" % (clear.port, "00" * 32))
    own.zone("n.example", "@ MX 10 mail", "mail A 127.0.0.1")
    with own:
        d = module_daemon(config=["ip name-server " + own.resolver, "dnssec trust-anchor " + own.anchor,
                                  "mail destination .example tls preferred dane opportunistic"] + applet("SEND", clear.port))
        before = len(clear.mails)
        d.run("SEND", "a@u.example")
        assert waiting(d, "a@u.example")[0]["state"] == "deferred" and len(clear.mails) == before
        d.run("SEND", "a@n.example")
        assert len(clear.mails) == before + 1  # without records, Preferred goes in the clear


@pytest.mark.parametrize("fault", [servfail, silence])
def test_mail_waits_while_the_dns_is_down_and_goes_when_it_is_back(new_daemon, dns, server, fault):
    """F9: a look-up that fails is no reason to deliver, nor to give up; the next try finds the way."""
    with Faults(dns, ("", None, fault)) as faults:
        d = new_daemon(config=["ip name-server " + faults.resolver, "dnssec trust-anchor " + dns.anchor,
                               "mail destination .example tls preferred dane opportunistic"] + applet("SEND", server.port))
        before = len(server.mails)
        assert d.run("SEND", "back@good.example").code == 0
        message = waiting(d, "back@good.example")[0]
        assert message["state"] == "deferred" and message["class"] == "DNS_FAILED" and len(server.mails) == before
        faults.rules.clear()

        def arrived():
            d.ctl("mail queue retry")
            return len(server.mails) > before
        assert tree.wait_for(arrived, 90, 1), d.show("show mail queue detail")
        assert "good.example" in d.show("show mail log | include TLS success.*for")


# ---- Postfix as the peer, and servers that the action names -----------------------------------------------------------------


@pytest.fixture
def postfix(new_mailhost, pki, tmp_path):
    """A Postfix and a DNS that has records for its ports."""
    host = new_mailhost()
    own = Dns(tmp_path / "dns")
    good, wrong = danezones.tlsa(pki.path("chain.pem"), 2, 1, 2, 1), danezones.OTHER
    own.zone("test")
    own.zone("example.test", "@ MX 10 mail", "mail A 127.0.0.1", "_%d._tcp.mail TLSA %s" % (host.smtp, good),
             "_%d._tcp.mail TLSA %s" % (host.submission, good))
    own.zone("example", "relay A 127.0.0.1", "_%d._tcp.relay TLSA %s" % (host.submission, wrong),
             "plain A 127.0.0.1")
    with own:
        host.dns = own
        yield host


def test_postfix_by_its_issuers_key(postfix, new_daemon):
    """DANE-TA: the intermediate's key by SHA-512; name and dates count."""
    d = new_daemon(config=["ip name-server " + postfix.dns.resolver, "dnssec trust-anchor " + postfix.dns.anchor,
                           "mail destination example.test tls required dane mandatory"] + applet("SEND", postfix.smtp))
    assert d.show("daneverify example.test port %d" % postfix.smtp).splitlines()[-2] == "DANE SUCCESS for example.test"
    assert d.run("SEND", "noc@example.test").code == 0
    assert postfix.wait_mail(1)[0]["subject"] == "link"
    assert "TLS success protocol TLSv1.3" in d.show("show mail log | include for example.test")


def test_a_server_that_the_action_names(postfix, new_daemon):
    """Its address must be SECURE, TLSA stands under its own port; a trustpoint is not needed, and a mismatch waits."""
    def send(name, host):
        return ["event manager applet " + name, " event none sync yes",
                ' action 1 mail server "username:password@%s" to "noc@example.test" from "eem@example.test" subject "%s" body "x" '
                "port %d secure tls dane mandatory" % (host, name, postfix.submission)]
    d = new_daemon(config=["ip name-server " + postfix.dns.resolver, "dnssec trust-anchor " + postfix.dns.anchor]
                   + send("GOOD", "mail.example.test") + send("WRONG", "relay.example") + send("NONE", "plain.example"))
    assert d.run("GOOD").code == 0
    assert postfix.wait_mail(1)[0]["subject"] == "GOOD"
    for name, want in (("WRONG", "DANE_MISMATCH"), ("NONE", "DANE_NO_TLSA")):
        d.run(name)
        messages = d.json("show mail queue detail")["messages"]
        assert want in [m["class"] for m in messages], messages
    assert len(postfix.wait_mail(1)) == 1
