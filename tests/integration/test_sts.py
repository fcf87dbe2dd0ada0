"""MTA-STS whole: a DNS with DNSSEC, policies on a real nginx, a real Postfix as the mail host; what mtastsverify says, what
the daemon fetches, keeps and writes into its log, and what becomes of mails to domains with a policy.

Policy hosts listen on port 443 and mail hosts on port 25 of loopback addresses that nobody else uses: these tests want root."""

import json
import os
import re
import socket

import pytest

import tree
from daemon import Daemon  # noqa: F401  (tells what eventctl is)
from dnssec import Dns, Unavailable
from webhost import WebHost

MX, POLICY = "127.0.25.1", "127.0.25.2"
ENFORCE = "version: STSv1\nmode: enforce\nmx: mail.%s\nmax_age: 604800\n"
RECORD = '_mta-sts TXT "v=STSv1; id=%s;"'
STAMP = re.compile(r"^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} ")

# Domain, the policy's text or the lines of nginx that stand in for it, the certificate of the policy host.
GOOD, OTHER, NONE, TESTING = "good.example", "other.example", "none.example", "testing.example"


def can_bind(address, port):
    try:
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((address, port))
        return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def world(pki, module_mailhost, tmp_path_factory):
    """DNS, policies and mail host; `world.policy(text)` changes what every policy host serves."""
    if not can_bind(MX, 25) or not can_bind(POLICY, 443):
        pytest.skip("ports 25 and 443 of %s and %s cannot be had" % (MX, POLICY))
    directory = tmp_path_factory.mktemp("sts")
    domains = (GOOD, OTHER, NONE, TESTING)
    pki.leaf("sts-policy", host="mta-sts." + GOOD, names=["mta-sts." + d for d in domains])
    pki.leaf("sts-mx", host="mail." + GOOD, names=["mail." + d for d in domains])
    try:
        dns = Dns(directory / "dns")
    except Unavailable as why:
        pytest.skip(str(why))
    common = ("@ MX 10 mail", "mail A " + MX, "mta-sts A " + POLICY)
    for domain in domains:
        dns.zone(domain, RECORD % "1", *common, signed=domain == GOOD)
    dns.zone("norecord.example", *common, signed=False)
    dns.zone("two.example", RECORD % "1", RECORD % "2", *common, signed=False)
    dns.zone("noaddress.example", RECORD % "1", "@ MX 10 mail", signed=False)
    dns.zone("badcert.example", RECORD % "1", *common, signed=False)
    dns.zone("twohosts.example", RECORD % "1", "@ MX 10 mail.good.example.", "@ MX 20 other.good.example.", "mta-sts A " + POLICY,
             signed=False)
    host = module_mailhost(cert="sts-mx-chain.pem", key="sts-mx-key.pem", addresses=[MX], smtp=25)
    web = WebHost(pki.path("sts-policy-chain.pem"), pki.path("sts-policy-key.pem"), address=POLICY, port=443)

    class World:
        def __init__(self):
            self.dns, self.host, self.web, self.pki = dns, host, web, pki

        def policy(self, text, lines="default_type text/plain;"):
            web.policy(text, lines)

        def verify(self, domain, *options):
            import subprocess
            done = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "mtastsverify", domain, "--resolver", dns.resolver,
                                   "--anchor", dns.anchor, "--ca", pki.path("root.pem")] + list(options),
                                  capture_output=True, text=True, timeout=60)
            assert "anitizer" not in done.stderr, done.stderr
            return done

        def document(self, domain):
            done = self.verify(domain, "--json")
            assert done.returncode in (0, 1), done
            return json.loads(done.stdout)

    made = World()
    made.policy(ENFORCE % GOOD)
    with dns, web:
        yield made


# ---- eventctl mtastsverify -----------------------------------------------------------------------------------------------

def test_verify_a_good_domain(world):
    world.policy(ENFORCE % GOOD)
    done = world.verify(GOOD)
    assert done.returncode == 0, done
    assert re.sub(r"protocol \S+, cipher \S+\.", "protocol P, cipher C.", done.stdout) == "\n".join((
        "Successfully fetched MTA-STS TXT record for domain(good.example)",
        "    v=STSv1; id=1;",
        "Fetching https://mta-sts.good.example/.well-known/mta-sts.txt",
        "Successfully fetched MTA-STS policy for domain(good.example)",
        "    version: STSv1", "    mode: enforce", "    mx: mail.good.example", "    max_age: 604800",
        "MX record(mail.good.example) found for good.example",
        "MX(mail.good.example) matches the policy.",
        "Connected to %s from interface 127.0.0.1." % MX,
        "TLS connection established: protocol P, cipher C.",
        "Certificate verification successful",
        "MTA-STS SUCCESS for good.example",
        "MTA-STS verification completed.", ""))


def test_the_document_of_a_good_domain(world):
    world.policy(ENFORCE % GOOD)
    document = world.document(GOOD)
    assert list(document) == ["domain", "txt", "policy", "policy_error", "mx", "result"]
    assert document["domain"] == GOOD and document["txt"] == "v=STSv1; id=1;" and document["policy_error"] is None
    assert document["policy"] == {"version": "STSv1", "id": "1", "mode": "enforce", "max_age": 604800, "mx": ["mail." + GOOD]}
    assert document["result"] == "valid"
    (mx,) = document["mx"]
    assert mx["host"] == "mail." + GOOD and mx["matches"] is True
    assert mx["tls"]["result"] == "SUCCESS" and mx["tls"]["class"] == "OK" and mx["tls"]["matched_name"] == "mail." + GOOD


@pytest.mark.parametrize("domain, result, error", [
    ("norecord.example", "no-policy", None),
    ("nowhere.example", "no-policy", None),
    ("two.example", "no-policy", "more than one v=STSv1 record"),
    ("noaddress.example", "failed", "mta-sts.noaddress.example has no address"),
    ("badcert.example", "failed", "CERT_NAME_MISMATCH")])
def test_verify_without_a_policy(world, domain, result, error):
    world.policy(ENFORCE % GOOD)
    document = world.document(domain)
    assert document["result"] == result and document["policy"] is None and document["mx"] == [], document
    assert document["policy_error"] is None if error is None else error in document["policy_error"], document
    assert world.verify(domain).returncode == 1


@pytest.mark.parametrize("text, lines, error", [
    ("", "return 302 https://mta-sts.other.example/;", "a redirect (HTTP status 302)"),
    ("", "return 404;", "the HTTP status 404"),
    (ENFORCE % GOOD, "default_type text/html;", "the content type text/html"),
    ("x" * 70000, "default_type text/plain;", "a body of more than 65536 octets"),
    ("version: STSv1\nmode: enforce\nmax_age: 1\n", "default_type text/plain;", "a malformed policy (there is no mx)"),
    ("version: STSv2\n" + ENFORCE % GOOD, "default_type text/plain;", "a malformed policy (line 1: version is not STSv1)")])
def test_verify_a_policy_that_is_none(world, text, lines, error):
    world.policy(text, lines)
    document = world.document(GOOD)
    assert document["result"] == "failed" and document["policy_error"] == error, document
    done = world.verify(GOOD)
    assert "Failure encountered while fetching MTA-STS policy for the domain(good.example): " + error in done.stdout
    assert done.stdout.endswith("MTA-STS FAILED for good.example\nMTA-STS verification completed.\n")


def test_verify_mode_none(world):
    world.policy("version: STSv1\nmode: none\nmax_age: 86400\n")
    document = world.document(NONE)
    assert document["result"] == "none" and document["policy"]["mode"] == "none" and document["mx"] == []


def test_verify_hosts_that_do_not_match_or_do_not_answer(world):
    """Of two hosts one does not stand in the policy and has no address; the name in the policy is another's."""
    world.policy(ENFORCE % "other.example")
    document = world.document(OTHER)
    assert document["result"] == "valid"
    world.policy("version: STSv1\nmode: testing\nmx: *.elsewhere.example\nmax_age: 1\n")
    document = world.document(GOOD)
    assert document["result"] == "failed"
    assert [(m["matches"], m["tls"]["result"]) for m in document["mx"]] == [(False, "SUCCESS")]


def test_words_that_are_refused(world):
    for words in ((), ("a..b",), ("good.example", "--resolver", "nowhere"), ("good.example", "--ca", "/nonexistent"),
                  ("good.example", "--what", "x"), ("good.example", "more"), ("good.example", "--anchor", "/nonexistent")):
        import subprocess
        done = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "mtastsverify"] + list(words), capture_output=True, text=True)
        assert done.returncode == 2 and "usage: eventctl mtastsverify" in done.stderr, (words, done)
