"""`daneverify` against a DNS of our own with a private root, and mail servers with TLS: the seed's lines, every row of
the decision table (mail-security 8.1), `--json`, exit statuses."""

import contextlib
import json
import os
import subprocess

import danezones
import pytest
import tree
from badsmtp import BadSmtp, Drop, Say
from danezones import IP, tlsa
from dnssec import Dns, Faults, Unavailable, servfail, silence, stripping


@pytest.fixture(scope="module")
def server(pki):
    with BadSmtp(cert=pki.path("chain.pem"), key=pki.path("leaf-key.pem")) as running:
        yield running


@pytest.fixture(scope="module")
def dns(tmp_path_factory, pki, server):
    try:
        made = Dns(tmp_path_factory.mktemp("dns"))
    except Unavailable as why:
        pytest.skip(str(why))
    danezones.add(made, pki, server.port)
    with made:
        yield made


def daneverify(dns, server, domain, *more, resolver=None, input=""):
    argv = [os.path.join(tree.BUILD, "eventctl"), "daneverify"] + ([domain] if domain else [])
    argv += ["--port", str(server.port), "--resolver", resolver or dns.resolver, "--anchor", dns.anchor] + list(more)
    done = subprocess.run(argv, input=input, capture_output=True, text=True, timeout=90)
    return done.returncode, done.stdout.splitlines(), done.stderr


END_GOOD, END_BAD = "DANE SUCCESS for %s", "DANE FAILED for %s"


def lines(template, domain, server, mail=None, ip=IP, end=END_BAD):
    text = template.replace("{mx}", mail or "mail." + domain).replace("{d}", domain).replace("{ip}", ip)
    text = text.replace("{port}", str(server.port))
    return [line.strip() for line in text.strip().splitlines()] + [end % domain, "DANE verification completed."]


MX, ADDRESS = "SECURE MX record({mx}) found for {d}\n", "SECURE A record ({ip}) found for MX({mx}) in {d}\n"
CONNECT = "Connecting to {ip} on port {port}.\nConnected to {ip} from interface 127.0.0.1.\n"
TLSA = "SECURE TLSA record found for MX({mx}) in {d}\nChecking TLS connection.\n"
TLS = "TLS connection established: protocol TLSv1.3, cipher TLS_AES_256_GCM_SHA384.\n"
VERIFIED = "Certificate verification successful\nTLS connection succeeded {d}.\n"
PLAIN_MX = "INSECURE MX record({mx}) found for {d}\nINSECURE MX record({mx}) found. The command will still proceed.\n"


def test_success_is_the_seed_to_the_letter(dns, server):
    code, out, err = daneverify(dns, server, "good.example")
    assert out == lines(MX + ADDRESS + CONNECT + TLSA + TLS + VERIFIED, "good.example", server, end=END_GOOD)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("domain", ["rollover", "full", "wildcard"])
def test_other_records_that_fit(dns, server, domain):
    code, out, _ = daneverify(dns, server, domain + ".example")
    assert out == lines(MX + ADDRESS + CONNECT + TLSA + TLS + VERIFIED, domain + ".example", server, end=END_GOOD)
    assert code == 0


def test_the_stronger_digest_counts_alone(dns, server):
    code, out, _ = daneverify(dns, server, "agility.example")
    assert code == 1 and any(line.startswith("Certificate verification failed: ") for line in out)


def test_trust_anchor_record_with_a_name_elsewhere(dns, server):
    code, out, _ = daneverify(dns, server, "ta.example")
    assert code == 0 and "SECURE TLSA record found for MX(mail.example.test) in ta.example" in out, out
    assert out[-2] == "DANE SUCCESS for ta.example"


# The rows of 8.1, from the DNS on. What stands before the closing two lines.
ROWS = {
    "mismatch": MX + ADDRESS + CONNECT + TLSA + TLS + "Certificate verification failed: *",
    "unusable": MX + ADDRESS + CONNECT + "No usable TLSA record found for MX({mx}) in {d} (0 0 1, 1 1 1)",
    "no-tlsa": MX + ADDRESS + CONNECT + "NXDOMAIN TLSA record for MX({mx}) in {d}",
    "insecure-tlsa": MX + ADDRESS + CONNECT + "INSECURE TLSA record found for MX({mx}) in {d}",
    "bogus-tlsa": MX + ADDRESS + CONNECT + "BOGUS TLSA record found for MX({mx}) in {d}",
    "insecure-a mail.plain.example": MX + "INSECURE A record ({ip}) found for MX({mx}) in {d}",
    "bogus-a": MX + "BOGUS A record found for MX({mx}) in {d}",
    "no-a": MX + "No A record found for MX({mx}) in {d}",
    "nodata-a": MX + "No A record found for MX({mx}) in {d}",
    "plain": PLAIN_MX + "INSECURE A record ({ip}) found for MX({mx}) in {d}",
    "unknown-algorithm": PLAIN_MX + "INSECURE A record ({ip}) found for MX({mx}) in {d}",
    "below.opt-out": PLAIN_MX + "INSECURE A record ({ip}) found for MX({mx}) in {d}",
    "plain-mx-wrong mail.mismatch.example": PLAIN_MX + ADDRESS + CONNECT + TLSA + TLS + "Certificate verification failed: *",
    "plain-mx-no-tlsa mail.no-tlsa.example": PLAIN_MX + ADDRESS + CONNECT + "NXDOMAIN TLSA record for MX({mx}) in {d}",
    "plain-mx-bogus-tlsa mail.bogus-tlsa.example": PLAIN_MX + ADDRESS + CONNECT + "BOGUS TLSA record found for MX({mx}) in {d}",
    "plain-mx-bogus-a mail.bogus-a.example": PLAIN_MX + "BOGUS A record found for MX({mx}) in {d}",
    "bogus-mx": "BOGUS MX record found for {d}",
    "expired": "BOGUS MX record found for {d}",
    "wrong-ds": "BOGUS MX record found for {d}",
    "null": "NULL MX record found for {d}. The domain does not accept mail.",
    "nothing-here": "NXDOMAIN: no MX record found for {d}",
    "cname-out alias.cname-out.example": MX + "INSECURE A record ({ip}) found for MX({mx}) in {d}",
}


@pytest.mark.parametrize("row", ROWS)
def test_rows_that_fail(dns, server, row):
    name, _, mail = row.partition(" ")
    domain = name + ".example"
    code, out, err = daneverify(dns, server, domain)
    wanted = lines(ROWS[row], domain, server, mail=mail or None)
    assert len(out) == len(wanted), out
    for line, want in zip(out, wanted):
        assert line.startswith(want[:-1]) if want.endswith("*") else line == want
    assert (code, err) == (1, "")


def test_an_insecure_mx_is_never_a_success(dns, server):
    """The host is authenticated, the choice of the host is not; the next MX is tried and fails."""
    code, out, _ = daneverify(dns, server, "plain-mx.example")
    assert code == 1 and out[-2:] == ["DANE FAILED for plain-mx.example", "DANE verification completed."]
    assert "Certificate verification successful" in out
    assert "MX(mail.good.example) is authenticated, but the MX record of plain-mx.example is INSECURE." in out
    assert "Trying next MX record in plain-mx.example" in out and not any("DANE SUCCESS" in line for line in out)


def test_domain_as_its_own_host(dns, server):
    code, out, _ = daneverify(dns, server, "implicit.example")
    want = "No MX record found for {d}. Using the domain as host.\n" + ADDRESS + CONNECT + TLSA + TLS + VERIFIED
    assert out == lines(want, "implicit.example", server, mail="implicit.example", end=END_GOOD) and code == 0


@pytest.mark.parametrize("domain", ["cname", "cname-original"])
def test_records_under_the_expanded_name_and_the_original(dns, server, domain):
    code, out, _ = daneverify(dns, server, domain + ".example", "--json")
    answer = json.loads("\n".join(out))
    base = next(s["tlsa_base"] for s in answer["steps"] if s["step"] == "tlsa")
    assert (code, answer["result"]) == (0, "SUCCESS")
    assert base == ("mail.cname.example" if domain == "cname" else "alias.cname-original.example")


def test_signed_below_an_opt_out_zone(dns, server):
    assert daneverify(dns, server, "signed.opt-out.example")[0] == 0


def test_next_mx_and_next_address(dns, server):
    code, out, _ = daneverify(dns, server, "two.example")
    first = lines(MX + ADDRESS + CONNECT + TLSA + TLS + "x", "two.example", server, mail="mail.mismatch.example")[:-3]
    assert out[:len(first)] == first and out[len(first)].startswith("Certificate verification failed: ")
    assert out[len(first) + 1:] == ["Trying next MX record in two.example"] + lines(
        MX + ADDRESS + CONNECT + TLSA + TLS + VERIFIED, "two.example", server, mail="mail.good.example", end=END_GOOD)
    assert code == 0
    code, out, _ = daneverify(dns, server, "addresses.example")
    assert code == 0
    if "Connecting to 127.0.0.9 on port %d." % server.port in out:
        at = out.index("Connecting to 127.0.0.9 on port %d." % server.port)
        assert out[at + 1].startswith("Could not connect to 127.0.0.9 on port %d: " % server.port)
        assert out[at + 2:at + 4] == ["Trying next A record (127.0.0.1) for MX(mail.addresses.example) in addresses.example",
                                      "SECURE A record (127.0.0.1) found for MX(mail.addresses.example) in addresses.example"]


def test_ipv6(dns, server):
    """The mail server listens on IPv4 only: the address is named, and the failure."""
    code, out, _ = daneverify(dns, server, "v6.example")
    assert code == 1 and "SECURE AAAA record (::1) found for MX(mail.v6.example) in v6.example" in out
    assert any(line.startswith("Could not connect to ::1 on port ") for line in out)


def test_international_name(dns, server):
    assert daneverify(dns, server, "bücher.example")[1][-2] == "DANE SUCCESS for xn--bcher-kva.example"


# the mail server's part ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def with_server(directory, pki, **how):
    """A server of its own, with a DNS that has a record for its port."""
    own = Dns(directory)
    with BadSmtp(**how) as server:
        own.zone("a.example", "@ MX 10 mail", "mail A " + IP, "_%d._tcp.mail TLSA %s" % (server.port, tlsa(pki.path("chain.pem"))))
        with own:
            yield server, own


@pytest.mark.parametrize("how, want", [
    (dict(at={}), "STARTTLS not offered by mail.a.example."),
    (dict(tls=True, at={"starttls": Say("454 4.7.0 not now")}), "TLS connection failed: 454 4.7.0 not now"),
    (dict(tls=True, at={"tls": Drop()}), "TLS connection failed: "),
    (dict(tls=True, at={"banner": Say("554 no")}), "TLS connection failed: 554 no"),
])
def test_servers_without_tls(dns, tmp_path, pki, how, want):
    if how.get("tls"):
        how = dict(at=how["at"], cert=pki.path("chain.pem"), key=pki.path("leaf-key.pem"))
    with with_server(tmp_path, pki, **how) as (server, own):
        code, out, _ = daneverify(own, server, "a.example")
        assert out[out.index("Checking TLS connection.") + 1].startswith(want), out
        assert code == 1 and out[-2] == "DANE FAILED for a.example"


def test_an_expired_certificate_is_fine_for_a_record_of_its_key(dns, tmp_path, pki):
    """DANE-EE: no dates, no names (RFC 7672 3.1.1)."""
    with BadSmtp(cert=pki.path("expired-chain.pem"), key=pki.path("expired-key.pem")) as server:
        own = Dns(tmp_path)
        own.zone("a.example", "@ MX 10 mail", "mail A " + IP,
                 "_%d._tcp.mail TLSA %s" % (server.port, tlsa(pki.path("expired.pem"))))
        with own:
            assert daneverify(own, server, "a.example")[0] == 0


# resolvers ----------------------------------------------------------------------------------------------------------------


def test_lookups_that_fail(dns, server):
    with Faults(dns, ("^good.example$", "MX", servfail), ("^_.*rollover", "TLSA", servfail)) as faults:
        code, out, _ = daneverify(dns, server, "good.example", resolver=faults.resolver)
        assert code == 3 and out[0].startswith("DNS lookup failed for good.example (MX): ")
        code, out, _ = daneverify(dns, server, "rollover.example", resolver=faults.resolver)
        assert code == 3
        assert out[4].startswith("DNS lookup failed for _%d._tcp.mail.rollover.example (TLSA): " % server.port)


def test_silence_ends_in_time(dns, server):
    with Faults(dns, ("^good.example$", None, silence)) as faults:
        code, out, _ = daneverify(dns, server, "good.example", resolver=faults.resolver)
    assert code == 3 and out == ["DNS lookup failed for good.example (MX): no answer in time", "DANE FAILED for good.example",
                                 "DANE verification completed."]


def test_a_resolver_that_strips_signatures_makes_names_bogus(dns, server):
    """Seed 002's second sample; its AD bit counts for nothing."""
    with Faults(dns, ("", None, stripping)) as faults:
        code, out, _ = daneverify(dns, server, "good.example", resolver=faults.resolver)
    assert code == 1
    assert out == ["BOGUS MX record found for good.example", "DANE FAILED for good.example", "DANE verification completed."]


def test_another_root(dns, server, tmp_path):
    """The anchor of somebody else: everything is bogus."""
    anchor = tmp_path / "anchor"
    with open(dns.anchor) as f:
        anchor.write_text(f.read().replace(" 13 ", " 13 AAAA"))
    code, out, _ = daneverify(dns, server, "good.example", "--anchor", str(anchor))
    assert code != 0 and not any("SUCCESS" in line for line in out)


# forms --------------------------------------------------------------------------------------------------------------------


def test_json(dns, server):
    code, out, _ = daneverify(dns, server, "good.example", "--json")
    answer = json.loads("\n".join(out))
    assert code == 0 and list(answer) == ["schema_version", "domain", "result", "steps"] and answer["schema_version"] == 1 and answer["result"] == "SUCCESS"
    steps = {s["step"]: s for s in answer["steps"]}
    assert steps["mx"]["state"] == "SECURE"
    assert steps["tlsa"]["records"][0]["usage"] == 3 and steps["tlsa"]["tlsa_base"] == "mail.good.example"
    assert [s for s in answer["steps"] if "tls" in s][0]["tls"]["chain"][0]["subject"].startswith("cn=mail.example.test")
    assert steps["certificate"]["matched"]["depth"] == 0
    assert [s["text"] for s in answer["steps"]] == daneverify(dns, server, "good.example")[1]
    answer = json.loads("\n".join(daneverify(dns, server, "expired.example", "--json")[1]))
    assert answer["result"] == "FAILED" and "expired" in answer["steps"][0]["why_bogus"]


def test_the_domain_is_asked_for(dns, server):
    code, out, _ = daneverify(dns, server, None, input="plain.example\n")
    assert out[0] == "[]> " and out[1].startswith("INSECURE MX record(mail.plain.example) found for plain.example")
    assert code == 1


@pytest.mark.parametrize("arguments", [["a..b"], ["good.example", "--port", "0"], ["good.example", "--port", "x"],
                                       ["good.example", "--resolver", "localhost"], ["good.example", "--what"],
                                       ["good.example", "more.example"], ["good.example", "--anchor"]])
def test_usage(arguments):
    done = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "daneverify"] + arguments, capture_output=True, text=True)
    assert done.returncode == 2 and "usage: eventctl daneverify DOMAIN" in done.stderr


def test_in_the_daemon(dns, server, new_daemon):
    d = new_daemon(config=["ip name-server " + dns.resolver, "dnssec trust-anchor " + dns.anchor, "mail log level debug"])
    out = d.show("daneverify good.example port %d" % server.port).splitlines()
    assert out == daneverify(dns, server, "good.example")[1]
    asked = d.ctl("daneverify port %d" % server.port, input="bogus-mx.example\n").out
    assert "[]> " in asked and "BOGUS MX record found for bogus-mx.example" in asked
    shown = d.show("daneverify bogus-mx.example port %d" % server.port).splitlines()
    assert shown[:3] == daneverify(dns, server, "bogus-mx.example")[1]  # the seed's lines, then one of our own
    assert len(shown) == 4 and shown[3].startswith("The MX record was not believed: ") and shown[3].endswith("; see 'show mail dnssec'")
    answer = d.json("daneverify mismatch.example port %d" % server.port)
    assert answer["result"] == "FAILED" and answer["schema_version"] == 1
    assert d.ctl("daneverify a..b").code == 1
    log = d.show("show mail log")
    for line in ["Debug: DNS query: Q('good.example', 'MX')",
                 "Debug: DNS query: QN('good.example', 'MX', 'recursive_nameserver0.parent')",
                 "Debug: DNS query: QIP ('good.example','MX','127.0.0.1',10)",
                 "Debug: DNS query: Q ('good.example', 'MX', '127.0.0.1')",
                 "Debug: DNSSEC Response data([(10, 'mail.good.example.')], secure, 0, 300)",
                 "L, 0, 'SECURE', (10, 'mail.good.example'))])",
                 "Debug: DNSSEC Response data(['127.0.0.1'], secure, 0, 300)",
                 "Debug: Received NODATA for domain mail.good.example type AAAA",
                 "Debug: No CNAME record(NoError) found for domain(mail.good.example)",
                 "Warning: Received an invalid DNSSEC Response: DNSSEC_Error('bogus-mx.example', 'MX', '127.0.0.1', "
                 "'DNSSEC Error for hostname bogus-mx.example (MX) while asking 127.0.0.1. Error was: "]:
        assert line in log, line
