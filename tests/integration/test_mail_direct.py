"""Direct delivery (`mail server "USEDNS"`): real Postfix hosts as MX, a real DNS with a private root, real policies; what the
profile of a domain, DANE, MTA-STS and routes make of it, and what the log says."""

import re

import pytest

import tree
from danezones import OTHER, tlsa
from dnssec import Dns, Faults, Unavailable, servfail, without

GOOD, CLEAR, NOBODY = "127.0.0.2", "127.0.0.3", "127.0.0.4"
STAMP = r"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} "


class World:
    """Two Postfix hosts on one port: GOOD shows a certificate, CLEAR has no TLS; nobody listens on NOBODY."""

    def __init__(self, good, clear, port, daemon, pki):
        self.good, self.clear, self.port, self.daemon, self.pki = good, clear, port, daemon, pki
        self.count = 0

    def send(self, to, rest="no-queue", server='"USEDNS"', port=None):
        """The class of the failure ("OK" without) and the lines that the mail left in the delivery log."""
        before = len(self.lines())
        self.count += 1
        name = "A%d" % self.count
        self.daemon.configure("event manager applet " + name, "event none sync yes",
                              'action 1 mail server %s to "%s" from "eem@r1.example" subject "%s" body "b" port %d %s'
                              % (server, to, name, port or self.port, rest))
        self.daemon.ctl("clear logging")
        self.daemon.run(name)
        told = re.search(r"FMPD_SMTP\w*: .*\[(\w+) ([\w-]+)", self.daemon.show("show logging"))
        return told.group(1) if told else "OK", self.lines()[before:]

    def lines(self):
        return [re.sub("^" + STAMP + r"\w+: ", "", line) for line in self.daemon.show("show mail log").splitlines()]

    def arrives(self, host, copies=1):
        """Does the newest mail arrive there?"""
        return tree.wait_for(lambda: self.copies(host) == copies, 20)

    def copies(self, host):
        return len([m for m in host.mails() if m["subject"] == "A%d" % self.count])


@pytest.fixture(scope="module")
def dns(tmp_path_factory, pki, port):
    pki.leaf("of-mx", names=["mail.%s.example" % d for d in ("good", "plain", "mismatch", "two", "hosted-at")])
    try:
        made = Dns(tmp_path_factory.mktemp("dns"))
    except Unavailable as why:
        pytest.skip(str(why))
    at = "_%d._tcp.mail TLSA " % port
    good, mx, a = at + tlsa(pki.path("of-mx.pem")), "@ MX 10 mail", "mail A " + GOOD
    zone = made.zone
    zone("good.example", mx, a, good, "smtp A " + GOOD, "_%d._tcp.smtp TLSA %s" % (port, tlsa(pki.path("of-mx.pem"))))
    zone("mismatch.example", mx, a, at + OTHER)
    zone("second.example", "@ MX 10 mail.mismatch.example.", "@ MX 20 mail.good.example.")
    zone("neither.example", "@ MX 10 mail.mismatch.example.", "@ MX 20 down", "down A " + NOBODY)
    zone("no-tls.example", mx, "mail A " + CLEAR, good)
    zone("no-tlsa.example", mx, a)
    zone("unusable.example", mx, "mail A " + CLEAR, at + "1 1 1 " + "00" * 32)
    zone("unusable-tls.example", mx, a, at + "1 1 1 " + "00" * 32)
    zone("bogus-tlsa.example", mx, a, good, mangle=without(r"RRSIG\s+TLSA"))
    zone("expired.example", mx, a, good, expired=True)
    zone("insecure-mx.example", "@ MX 10 mail.good.example.", signed=False)
    zone("plain.example", mx, a, signed=False)
    zone("clear.example", mx, "mail A " + CLEAR, signed=False)
    zone("down.example", mx, "mail A " + NOBODY, signed=False)
    zone("two.example", "@ MX 10 down", "@ MX 20 mail", "down A " + NOBODY, a, signed=False)
    zone("hosted.example", "@ MX 10 mail.hosted-at.example.", signed=False)
    zone("hosted-at.example", a, signed=False)
    zone("own.example", "@ A " + GOOD, signed=False)
    zone("null.example", "@ MX 0 .")
    zone("nowhere.example", '@ TXT "no mail here"')
    zone("lost.example", "@ MX 10 gone.plain.example.", signed=False)
    with made:
        yield made


@pytest.fixture(scope="module")
def port():
    return tree.free_port()


@pytest.fixture(scope="module")
def world(module_daemon, module_mailhost, pki, dns, port):
    good = module_mailhost(cert="of-mx-chain.pem", addresses=[GOOD], smtp=port)
    clear = module_mailhost(addresses=[CLEAR], smtp=port, settings={"smtpd_discard_ehlo_keywords": "starttls"})
    daemon = module_daemon(settings={"dns": {"servers": [dns.resolver], "trust-anchor": dns.anchor}})
    assert daemon.authenticate("CA", pki.path("root.pem")).code == 0
    return World(good, clear, port, daemon, pki)


@pytest.fixture
def kept(world):
    """The parts of the newest mail in the queue; nothing of it stays there."""
    def look():
        return world.daemon.json("show mail queue detail")["messages"][-1]["parts"][-1]
    yield look
    world.daemon.ctl("mail queue delete all", input="\n")


@pytest.fixture
def profile(world):
    """profile("good.example", "dane mandatory") until the end of the test; also other lines with a leading `mail`."""
    lines = []

    def configure(domain, settings):
        lines.append("mail destination " + domain)
        world.daemon.configure("mail destination %s %s" % (domain, settings))
    yield configure
    for line in lines:
        world.daemon.configure("no " + line)


# --- where the mail goes ----------------------------------------------------------------------------------------------------


def test_to_the_mail_host_to_the_next_one_and_to_the_domain_itself(world):
    for domain in ("plain.example", "two.example", "own.example"):
        class_, lines = world.send("noc@" + domain)
        assert class_ == "OK" and world.arrives(world.good), (domain, lines)
    _, lines = world.send("noc@two.example")
    assert lines[0].startswith("Connection Error: domain: two.example host: down.two.example port: %d " % world.port)
    assert lines[1].startswith("New SMTP DCID ") and "address %s port %d" % (GOOD, world.port) in lines[1]


@pytest.mark.parametrize("domain, class_, phase", [
    ("null.example", "DNS_NODATA", "mx"), ("nothing.example", "DNS_NXDOMAIN", "mx"), ("nowhere.example", "DNS_NODATA", "dns"),
    ("lost.example", "DNS_FAILED", "dns"), ("down.example", "CONNECT_REFUSED", "connect"), ("expired.example", "DNS_BOGUS", "mx")])
def test_nobody_to_go_to(world, domain, class_, phase):
    got, lines = world.send("noc@" + domain)
    assert got == class_, lines
    assert "[%s %s" % (class_, phase) in world.daemon.show("show logging")


def test_a_mail_to_two_domains_goes_both_ways(world):
    class_, _ = world.send("a@plain.example, b@clear.example, c@plain.example")
    assert class_ == "OK" and world.arrives(world.good, 2) and world.arrives(world.clear)


# --- the TLS setting ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("setting, clear, hosted", [
    ("no", "OK", "OK"), ("preferred", "OK", "OK"), ("required", "TLS_NOT_OFFERED", "OK"), ("preferred-verify", "OK", "OK"),
    ("required-verify", "TLS_NOT_OFFERED", "CERT_NAME_MISMATCH"), ("required-verify-hosted", "TLS_NOT_OFFERED", "OK")])
def test_settings_against_a_host_without_tls_and_one_of_a_provider(world, profile, setting, clear, hosted):
    profile(".example", "tls " + setting)
    got, lines = world.send("noc@clear.example")
    assert got == clear, lines
    assert world.arrives(world.clear, 1 if clear == "OK" else 0)
    got, lines = world.send("noc@hosted.example")
    assert got == hosted, lines
    assert world.arrives(world.good, 1 if hosted == "OK" else 0)
    success = [line for line in lines if "TLS success" in line]
    assert len(success) == (0 if setting == "no" or hosted != "OK" else 1)
    if setting == "required-verify-hosted":
        assert success[0].endswith("subjectAltName:dNSName=mail.hosted-at.example")


def test_the_seeds_lines_for_a_certificate_of_another_name(world, profile):
    """Seed 003, troubleshooting 1."""
    profile("hosted.example", "tls required-verify")
    class_, lines = world.send("noc@hosted.example")
    dcid = lines[0].split()[3]
    assert class_ == "CERT_NAME_MISMATCH"
    assert lines[1:3] == ["DCID %s TLS deferring: verify error: peer cert does not match domain hosted.example" % dcid,
                          "DCID %s TLS was required but could not be successfully negotiated" % dcid]
    assert "Required - Verify Hosted Domains" in world.daemon.show("show logging")


# --- DANE -----------------------------------------------------------------------------------------------------------------------

# domain: class under mandatory, under opportunistic
DANE = {
    "good.example": ("OK", "OK"),
    "second.example": ("OK", "OK"),
    "mismatch.example": ("DANE_MISMATCH", "DANE_MISMATCH"),
    "no-tls.example": ("DANE_NO_TLS", "DANE_NO_TLS"),
    "unusable.example": ("DANE_NO_TLSA", "TLS_NOT_OFFERED"),
    "unusable-tls.example": ("DANE_NO_TLSA", "OK"),
    "no-tlsa.example": ("DANE_NO_TLSA", "OK"),
    "bogus-tlsa.example": ("DANE_BOGUS", "DANE_BOGUS"),
    "expired.example": ("DANE_BOGUS", "DANE_BOGUS"),
    "insecure-mx.example": ("DANE_INSECURE", "OK"),
    "plain.example": ("DANE_INSECURE", "OK"),
}


@pytest.mark.parametrize("domain", DANE)
def test_each_row_that_reaches_a_delivery(world, profile, domain):
    for mode, expected in zip(("mandatory", "opportunistic"), DANE[domain]):
        profile(domain, "tls preferred dane %s messages 1" % mode)
        class_, lines = world.send("noc@" + domain)
        assert class_ == expected, (mode, lines)
        assert world.arrives(world.good, 1 if expected == "OK" else 0) and not world.copies(world.clear)
        success = [line for line in lines if re.match("DCID .* TLS success.*for ", line)]
        # seed 002: the "for" stands where DANE has succeeded, and nowhere else
        assert len(success) == (1 if domain in ("good.example", "second.example") else 0), lines
        if success:
            assert success[0].endswith("for " + domain)
        if domain == "insecure-mx.example" and mode == "opportunistic":
            assert any(line.endswith("host authenticated, MX insecure") for line in lines)


def test_a_server_that_the_action_names(world, profile):
    server = '"smtp.good.example"'
    class_, lines = world.send("noc@elsewhere.example", "dane mandatory no-queue", server)
    assert class_ == "OK" and world.arrives(world.good)
    assert any(re.search(r"TLS success .* for smtp\.good\.example$", line) for line in lines)
    class_, _ = world.send("noc@elsewhere.example", "dane mandatory no-queue", '"mail.mismatch.example"')
    assert class_ == "DANE_MISMATCH"
    class_, _ = world.send("noc@elsewhere.example", "dane mandatory no-queue", '"mail.plain.example"')
    assert class_ == "DANE_INSECURE"
    world.daemon.configure("mail relay mail.no-tlsa.example dane mandatory")
    class_, _ = world.send("noc@elsewhere.example", "no-queue", '"mail.no-tlsa.example"')
    assert class_ == "DANE_NO_TLSA"
    world.daemon.configure("no mail relay mail.no-tlsa.example")
    # seed 002's search finds DANE deliveries to a relay, and no other delivery to it
    profile("smtp.good.example", "messages 1")
    for words, found in (("dane opportunistic", True), ("dane mandatory", True), ("dane none", False)):
        world.daemon.configure("mail relay smtp.good.example " + words)
        class_, lines = world.send("noc@elsewhere.example", "no-queue", server)
        assert class_ == "OK" and any("TLS success" in line for line in lines)
        assert any(re.search("TLS success.*for smtp.good.example$", line) for line in lines) == found, lines
    world.daemon.configure("no mail relay smtp.good.example")


def test_the_configured_name_servers_are_asked_for_named_servers_and_routes(world):
    class_, lines = world.send("noc@elsewhere.example", "secure tls no-queue", '"mail.plain.example"')
    assert class_ == "OK" and world.arrives(world.good)
    assert any(line.endswith("subjectAltName:dNSName=mail.plain.example") for line in lines)
    class_, _ = world.send("noc@elsewhere.example", "secure tls no-queue", '"mail.expired.example"')
    assert class_ == "DNS_BOGUS"
    world.daemon.configure("mail route plain.example mail.clear.example:%d" % world.port)
    class_, _ = world.send("noc@plain.example")
    world.daemon.configure("no mail route plain.example")
    assert class_ == "OK" and world.arrives(world.clear)
    # the system's own table of hosts
    class_, _ = world.send("noc@elsewhere.example", "no-queue", '"localhost"', port=tree.free_port())
    assert class_ == "CONNECT_REFUSED"


def test_profiles_strengthen_named_servers_and_never_weaken_them(world, profile):
    profile("strict.example", "tls required")
    profile("lax.example", "tls no")
    class_, _ = world.send("noc@strict.example", "secure none no-queue", '"%s"' % CLEAR)
    assert class_ == "TLS_NOT_OFFERED"
    class_, lines = world.send("noc@strict.example", "secure none no-queue", '"%s"' % GOOD)
    assert class_ == "OK" and any("TLS success" in line for line in lines)
    class_, _ = world.send("noc@lax.example", "secure tls no-queue", '"%s"' % CLEAR)
    assert class_ == "TLS_NOT_OFFERED"


# --- routes ------------------------------------------------------------------------------------------------------------------

def test_routes(world, profile):
    world.daemon.configure("mail route good.example %s:%d" % (CLEAR, world.port))
    class_, _ = world.send("noc@good.example")
    assert class_ == "OK" and world.arrives(world.clear)
    for mode in ("mandatory", "opportunistic"):
        profile("good.example", "dane " + mode)
        class_, lines = world.send("noc@good.example")
        assert class_ == "DANE_ROUTE" and not any("New SMTP" in line for line in lines)
    world.daemon.configure("mail route good.example USEDNS")
    class_, lines = world.send("noc@good.example")
    assert class_ == "OK" and world.arrives(world.good)
    assert any(line.endswith("for good.example") for line in lines)
    world.daemon.configure("no mail route good.example")


# --- in the queue ---------------------------------------------------------------------------------------------------------------

def test_the_queue_keeps_what_each_host_said(world, profile, kept):
    profile("neither.example", "dane opportunistic")
    class_, _ = world.send("noc@neither.example", "")
    assert class_ == "CONNECT_REFUSED"
    attempts = kept()["attempts"]
    assert [(a["host"], a["class"], a["phase"]) for a in attempts] == [
        ("mail.mismatch.example", "DANE_MISMATCH", "tls"), ("down.neither.example", "CONNECT_REFUSED", "connect")]
    assert attempts[0]["ip"] == GOOD and attempts[0]["tls_version"] and not attempts[0]["next_try"] and attempts[1]["next_try"]


def test_a_dns_that_does_not_answer_puts_the_mail_off_and_no_more(world, new_daemon, dns):
    with Faults(dns, ("plain.example$", None, servfail)) as faults:
        daemon = new_daemon(settings={"dns": {"servers": [faults.resolver], "trust-anchor": dns.anchor}})
        other = World(world.good, world.clear, world.port, daemon, world.pki)
        other.count = 1000
        class_, _ = other.send("noc@plain.example", "")
        assert class_ == "DNS_FAILED" and other.copies(world.good) == 0
        faults.rules.clear()
        assert tree.wait_for(lambda: flushed(daemon) and other.copies(world.good) == 1, 60)


def flushed(daemon):
    """What failed a moment ago is not asked again at once: a second between the tries."""
    daemon.ctl("mail queue flush")
    return not tree.wait_for(lambda: False, 1)


# --- the dialogue -----------------------------------------------------------------------------------------------------------------

ANSWERS = "new\nfed.example\ny\n6\n\ny\n2\n\n\n\n"


@pytest.mark.parametrize("how", ["behind a command", "among commands"])
def test_destconfig_fed_from_standard_input(world, how):
    if how == "behind a command":
        done = world.daemon.ctl("destconfig", input=ANSWERS)
    else:  # the blank line ends the dialogue, and commands come again
        done = world.daemon.eventctl(input="destconfig\n" + ANSWERS + "\nshow running-config | include fed.example\n")
        assert done.out.endswith("mail destination fed.example tls required-verify-hosted mta-sts on\n")
    assert done.code == 0, done
    for line in ("Do you wish to apply a specific TLS setting for this domain? [N]> y", "6. Required - Verify Hosted Domains", "[2]> 6",
                 "Do you wish to configure DANE support? [N]> ", "Do you wish to configure MTA STS support? [N]> y", "[1]> 2",
                 "MTA STS will not be applied for domains that have SMTP routes configured."):
        assert line in done.out.splitlines(), done.out
    assert "fed.example" in world.daemon.show("show mail destinations")
    assert world.daemon.ctl("destconfig", input="delete\nfed.example\n\n").code == 0
    assert "fed.example" not in world.daemon.show("show mail destinations")
