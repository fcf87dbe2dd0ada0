"""MTA-STS whole: a DNS with DNSSEC, policies on a real nginx, a real Postfix as the mail host; what mtastsverify says, what
the daemon fetches, keeps and writes into its log, and what becomes of mails to domains with a policy.

Policy hosts listen on port 443 and mail hosts on port 25 of loopback addresses that nobody else uses: these tests want root."""

import base64
import email
import email.policy
import gzip
import hashlib
import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import tree
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from dnssec import Dns, Unavailable
from webhost import WebHost

MX, POLICY = "127.0.25.1", "127.0.25.2"
ENFORCE = "version: STSv1\nmode: enforce\nmx: mail.%s\nmax_age: 604800\n"
RECORD = '_mta-sts TXT "v=STSv1; id=%s;"'
STAMP = re.compile(r"^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} ")

GOOD, OTHER, NONE, TESTING = "good.example", "other.example", "none.example", "testing.example"
WRONG_NAME = "wrongname.example"  # its mail host has a certificate for other names


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
    pki.leaf("sts-policy", host="mta-sts." + GOOD, names=["mta-sts." + d for d in domains + (WRONG_NAME,)])
    pki.leaf("sts-mx", host="mail." + GOOD, names=["mail." + d for d in domains])
    try:
        dns = Dns(directory / "dns")
    except Unavailable as why:
        pytest.skip(str(why))
    common = ("@ MX 10 mail", "mail A " + MX, "mta-sts A " + POLICY)
    for domain in domains:
        dns.zone(domain, RECORD % "1", *common, signed=domain == GOOD)
    dns.zone("norecord.example", *common, signed=False)
    dns.zone("reports.example", "@ MX 10 mail", "mail A " + MX, "_smtp._tls TXT \"v=TLSRPTv1; rua=mailto:tls-reports@reports.example,"
             "https://mta-sts.good.example/tlsrpt\"", signed=False)
    dns.zone("two.example", RECORD % "1", RECORD % "2", *common, signed=False)
    dns.zone("noaddress.example", RECORD % "1", "@ MX 10 mail", signed=False)
    dns.zone("badcert.example", RECORD % "1", *common, signed=False)
    dns.zone(WRONG_NAME, RECORD % "1", *common, signed=False)
    host = module_mailhost(cert="sts-mx-chain.pem", key="sts-mx-key.pem", addresses=[MX], smtp=25)
    web = WebHost(pki.path("sts-policy-chain.pem"), pki.path("sts-policy-key.pem"), address=POLICY, port=443)

    class World:
        def __init__(self):
            self.dns, self.host, self.web, self.pki = dns, host, web, pki

        def policy(self, text, lines="default_type text/plain;"):
            web.policy(text, lines)

        def verify(self, domain, *options):
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
    for words in (("a..b",), ("good.example", "--resolver", "nowhere"), ("good.example", "--ca", "/nonexistent"),
                  ("good.example", "--what", "x"), ("good.example", "more"), ("good.example", "--anchor", "/nonexistent")):
        done = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "mtastsverify"] + list(words), capture_output=True, text=True)
        assert done.returncode == 2 and "usage: eventctl mtastsverify" in done.stderr and done.stderr.count("/nonexistent") <= 1, (words, done)


# ---- deliveries of a daemon ------------------------------------------------------------------------------------------------

class Sender:
    """Mails of a daemon to domains' own hosts."""

    def __init__(self, daemon, world):
        self.daemon, self.world, self.count = daemon, world, 0

    def send(self, domain, more="no-queue"):
        """The lines that the mail left in the delivery log, without their times."""
        before = len(self.lines())
        self.count += 1
        self.daemon.configure("event manager applet A%d" % self.count, "event none sync yes maxrun 60",
                              'action 1 mail server "USEDNS" to "noc@%s" from "eem@r1.example" subject "s" body "b" %s'
                              % (domain, more))
        self.ran = self.daemon.run("A%d" % self.count)
        return self.lines()[before:]

    def lines(self):
        return [STAMP.sub("", line) for line in self.daemon.show("show mail log").splitlines()]

    def cached(self, domain):
        return [p for p in self.daemon.json("show mail mta-sts")["policies"] if p["domain"] == domain]


@pytest.fixture
def sender(world, new_daemon):
    daemon = new_daemon(settings={"dns": {"servers": [world.dns.resolver], "trust-anchor": world.dns.anchor}})
    assert daemon.authenticate("CA", world.pki.path("root.pem")).code == 0
    daemon.configure("mta-sts trustpoint CA", "mail log level debug", *(
        "mail destination %s tls preferred mta-sts on messages 1" % d for d in (GOOD, OTHER, NONE, TESTING, WRONG_NAME, "norecord.example")))
    return Sender(daemon, world)


def only(lines, level="Info"):
    return [line for line in lines if line.startswith(level) and "DNS" not in line]


def test_a_mail_under_a_policy_in_the_words_of_the_seed(sender, world):
    world.policy(ENFORCE % GOOD)
    lines = sender.send(GOOD)
    assert sender.ran.code == 0, (sender.ran, lines)
    told = [line for line in lines if not re.search("DNS|NODATA|CNAME", line)]
    dcid = next(line for line in told if "New SMTP" in line).split()[4]
    assert [re.sub(r"protocol \S+ cipher \S+ ", "protocol P cipher C ", line) for line in told] == [
        "Info: Successfully fetched MTA-STS TXT record for domain(good.example)",
        "Debug: Fetch MTA-STS policy for the domain(good.example)",
        "Info: Applying MTA-STS policy for the domain (good.example)",
        "Info: New SMTP DCID %s interface 127.0.0.1 address %s port 25" % (dcid, MX),
        "Info: DCID %s TLS success protocol P cipher C subjectAltName:dNSName=mail.good.example" % dcid,
        "Info: MTA-STS policy for the domain (good.example) Successful.",
        "Info: Delivery start DCID %s MID 0 to RID [0]" % dcid,
        "Info: Message finished MID 0 done"]
    fetched = len(world.web.requests())
    lines = sender.send(GOOD)
    assert "Debug: Valid cache entry found for the domain (good.example)." in lines
    assert len(world.web.requests()) == fetched
    (entry,) = sender.cached(GOOD)
    assert entry["mode"] == "enforce" and entry["id"] == "1" and entry["failure"] is None
    assert "mx: mail.good.example" in sender.daemon.show("show mail mta-sts good.example")
    assert sender.daemon.ctl("clear mail mta-sts good.example").code == 0 and not sender.cached(GOOD)
    assert sender.daemon.ctl("clear mail mta-sts good.example").code == 1


def test_a_restart_keeps_the_policy(sender, world):
    world.policy(ENFORCE % GOOD)
    sender.send(GOOD)
    assert tree.wait_for(lambda: os.path.exists(os.path.join(sender.daemon.state, "mta-sts", GOOD + ".json")), 20)
    assert sender.daemon.ctl("write memory").code == 0
    sender.daemon.stop()
    world.policy("gone")
    sender.daemon.start()
    assert sender.cached(GOOD)[0]["mode"] == "enforce"
    lines = sender.send(GOOD)
    assert sender.ran.code == 0 and "Debug: Valid cache entry found for the domain (good.example)." in lines


def test_a_host_that_the_policy_does_not_name_gets_nothing(sender, world):
    world.policy(ENFORCE % "elsewhere.example")
    lines = only(sender.send(OTHER))
    assert sender.ran.code == 1
    assert "MTA-STS policy for the domain (other.example) Failed: mail.other.example is no mail host of the policy" in "\n".join(lines)
    assert not any("New SMTP" in line for line in lines)
    report = sender.daemon.json("show mail tlsrpt")["reports"][0]
    assert report["policies"][0]["policy"]["policy-type"] == "sts"
    assert report["policies"][0]["failure-details"][0]["failure-reason-code"] == "STS_MX_MISMATCH"


def test_a_host_with_another_certificate_gets_nothing(sender, world):
    world.policy(ENFORCE % WRONG_NAME)
    lines = only(sender.send(WRONG_NAME))
    assert sender.ran.code == 1 and not any("Delivery start" in line for line in lines)
    at = next(i for i, line in enumerate(lines) if "TLS deferring: verify error: " in line)
    assert re.fullmatch(r"Info: DCID \d+ TLS was required but could not be successfully negotiated", lines[at + 1])
    assert lines[at + 2].startswith("Info: MTA-STS policy for the domain (wrongname.example) Failed: ")
    (policy,) = sender.daemon.json("show mail tlsrpt wrongname.example")["reports"][0]["policies"]
    assert policy["policy"] == {"policy-type": "sts", "policy-domain": WRONG_NAME, "mx-host": ["mail." + WRONG_NAME],
                                "policy-string": (ENFORCE % WRONG_NAME).split("\n")[:-1]}
    (detail,) = policy["failure-details"]
    assert detail["result-type"] == "certificate-host-mismatch" and detail["failure-reason-code"] == "STS_CERT"
    assert detail["receiving-mx-hostname"] == "mail." + WRONG_NAME and detail["receiving-ip"] == MX
    document = world.document(WRONG_NAME)
    assert document["result"] == "failed" and document["mx"][0]["matches"] and document["mx"][0]["tls"]["class"] == "STS_CERT"


def test_testing_mode_delivers_and_tells(sender, world):
    world.policy("version: STSv1\nmode: testing\nmx: mail.elsewhere.example\nmax_age: 86400\n")
    lines = only(sender.send(TESTING))
    assert sender.ran.code == 0
    assert any(re.match(r"Info: MTA-STS testing failure for the domain \(testing\.example\): .*\. Message delivered\.$", line)
               for line in lines), lines
    shown = sender.daemon.show("show mail tlsrpt testing.example")
    assert "Policy sts of testing.example: 0 sessions well, 1 failed" in shown and "validation-failure" in shown


def test_without_a_policy_the_setting_counts(sender, world):
    lines = only(sender.send("norecord.example"))
    assert sender.ran.code == 0 and "Info: No MTA-STS TXT record for domain(norecord.example)" in lines
    world.policy("version: STSv1\nmode: none\nmax_age: 86400\n")
    lines = only(sender.send(NONE))
    assert sender.ran.code == 0 and not any("Applying" in line for line in lines)
    assert sender.cached(NONE)[0]["mode"] == "none"


def test_a_fetch_that_fails_is_told_and_leaves_the_mail_its_way(sender, world):
    world.policy("", "return 503;")
    lines = [line for line in sender.send(GOOD) if "DNS" not in line]
    assert sender.ran.code == 0
    at = lines.index("Debug: Request to fetch STS policy failed due to the HTTP status 503., for the domain good.example")
    assert lines[at + 1] == "Info: Failure encountered while fetching MTA-STS policy for the domain(good.example)"
    asked = len(world.web.requests())
    sender.send(GOOD)
    assert len(world.web.requests()) == asked  # not within five minutes
    entry = sender.daemon.json("show mail mta-sts good.example")
    assert entry["mode"] is None and entry["refresh"] is not None
    assert "Fetched again with the next mail behind 20" in sender.daemon.show("show mail mta-sts good.example")
    assert sender.daemon.ctl("mail queue flush").code == 0  # somebody says that it is mended
    assert sender.daemon.json("show mail mta-sts good.example")["refresh"] is None
    world.policy("", "return 504;")
    sender.send(GOOD)
    assert len(world.web.requests()) > asked
    world.policy(ENFORCE % GOOD)
    assert sender.daemon.show("mtastsverify good.example").endswith("MTA-STS verification completed.\n")
    asked = len(world.web.requests())
    assert "Fetched again with the next mail; " in sender.daemon.show("show mail mta-sts good.example")
    world.policy("", "return 503;")
    policies = sender.daemon.json("show mail tlsrpt")["reports"][0]["policies"]
    assert [p["policy"]["policy-type"] for p in policies] == ["sts", "no-policy-found"]
    assert policies[0]["failure-details"][0]["result-type"] == "sts-policy-fetch-error"
    assert policies[1]["summary"] == {"total-successful-session-count": 3, "total-failure-session-count": 0}


def test_the_verify_command_of_a_session(sender, world):
    world.policy(ENFORCE % GOOD)
    shown = sender.daemon.show("mtastsverify good.example")
    assert shown.endswith("MTA-STS SUCCESS for good.example\nMTA-STS verification completed.\n")
    assert sender.daemon.json("mtastsverify good.example")["result"] == "valid"
    asked = sender.daemon.ctl("mtastsverify", input="good.example\n").out
    assert "[]> " in asked and asked.endswith("MTA-STS SUCCESS for good.example\nMTA-STS verification completed.\n")
    alone = subprocess.run([os.path.join(tree.BUILD, "eventctl"), "mtastsverify", "--resolver", world.dns.resolver, "--anchor",
                            world.dns.anchor, "--ca", world.pki.path("root.pem")], input="good.example\n", capture_output=True, text=True,
                           timeout=60)
    assert alone.returncode == 0 and alone.stdout.startswith("[]> \nSuccessfully fetched MTA-STS TXT record"), alone
    assert not sender.cached(GOOD)  # it keeps nothing
    assert "eventd-sts" in sender.daemon.show("show system processes")


def test_words_of_the_configuration_that_are_refused(sender):
    for line, sentence in (("mta-sts proxy https://x", "is no proxy"), ("mta-sts proxy http://", "is no proxy"),
                           ("mta-sts proxy http://user:pw@x:1", "is no proxy"), ("mta-sts trustpoint", "Incomplete"),
                           ("tlsrpt contact nobody", "nobody"), ("tlsrpt dkim domain a..b selector s key flash:k", "host name is not valid")):
        done = sender.daemon.ctl("configure terminal", line)
        assert done.code == 1 and sentence in done.out + done.err, (line, done)
    sender.daemon.configure("mta-sts proxy http://127.0.0.1:3128", "tlsrpt organization Example Inc", "tlsrpt contact a@b.example")
    running = sender.daemon.show("show running-config")
    for line in ("mta-sts proxy http://127.0.0.1:3128", "mta-sts trustpoint CA", "tlsrpt organization Example Inc",
                 "tlsrpt contact a@b.example"):
        assert "\n%s\n" % line in running, line
    assert sender.daemon.ctl("mail tlsrpt send").code == 1


# ---- reports ---------------------------------------------------------------------------------------------------------------

def test_reports_go_out_by_https_and_by_signed_mail(world, new_daemon, tmp_path):
    """Yesterday's sessions of a domain that asks for reports in both ways, of one that does not, and the signature as a
    receiver checks it (RFC 6376, written down once more in Python)."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "dkim.pem").write_bytes(pem)
    world.web.location("/tlsrpt", "proxy_pass http://127.0.0.1:%d/;" % drain(world))
    daemon = new_daemon(settings={"dns": {"servers": [world.dns.resolver], "trust-anchor": world.dns.anchor},
                                  "hostname": "r1"})
    daemon.stop()
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    session = {"policies": [{"policy": {"policy-type": "sts", "policy-domain": "x"},
                             "summary": {"total-successful-session-count": 5, "total-failure-session-count": 0}}]}
    os.makedirs(os.path.join(daemon.state, "tlsrpt"))
    with open(os.path.join(daemon.state, "tlsrpt", yesterday + ".json"), "w") as f:
        json.dump({"version": 1, "domains": {"reports.example": session, GOOD: session}}, f)
    daemon.start()
    assert daemon.authenticate("CA", world.pki.path("root.pem")).code == 0
    daemon.configure("mta-sts trustpoint CA", "tlsrpt contact tls@r1.example", "tlsrpt organization Example Inc",
                     "tlsrpt dkim domain r1.example selector tls key %s" % (tmp_path / "dkim.pem"), "tlsrpt send")
    assert "Reports on their way: 2" in daemon.show("mail tlsrpt send")
    daemon.wait_show("show mail tlsrpt reports.example", r"Report sent: https://mta-sts\.good\.example/tlsrpt", 30)
    daemon.wait_show("show mail tlsrpt reports.example", "Report queued: mailto:tls-reports@reports.example", 30)
    daemon.wait_show("show mail tlsrpt good.example", "Report not wanted", 30)
    assert "No report is due." in daemon.show("mail tlsrpt send")

    (body,) = world.posted
    document = json.loads(gzip.decompress(body))
    assert document["organization-name"] == "Example Inc" and document["contact-info"] == "tls@r1.example"
    assert document["date-range"] == {"start-datetime": yesterday + "T00:00:00Z", "end-datetime": yesterday + "T23:59:59Z"}
    assert document["policies"] == session["policies"]

    raw = tree.wait_for(lambda: next((m for m in world.host.raw_mails() if b"TLS-Report-Domain" in m), None), 30)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["TLS-Report-Domain"] == "reports.example" and mail["TLS-Report-Submitter"] == "r1.example"
    assert mail.get_content_type() == "multipart/report" and mail.get_param("report-type") == "tlsrpt"
    part = list(mail.iter_parts())[1]
    assert part.get_content_type() == "application/tlsrpt+gzip"
    assert re.fullmatch(r"r1\.example!reports\.example!\d+!\d+\.json\.gz", part.get_filename())
    assert json.loads(gzip.decompress(part.get_content())) == document

    head, text = re.sub(rb"\r?\n", b"\r\n", raw).split(b"\r\n\r\n", 1)
    fields = [re.sub(rb"\r\n(?=[ \t])", b"", f) for f in re.split(rb"\r\n(?![ \t])", head)]

    def relaxed(field):
        name, value = field.split(b":", 1)
        return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value).strip()
    signature = next(f for f in fields if f.lower().startswith(b"dkim-signature:"))
    tags = dict(re.findall(rb"(\w+)\s*=\s*([^;]*)", signature.split(b":", 1)[1]))
    assert tags[b"d"] == b"r1.example" and tags[b"s"] == b"tls"
    canonical = re.sub(rb"[ \t]+(?=\r\n)", b"", re.sub(rb"[ \t]+", b" ", text))
    canonical = re.sub(rb"(\r\n)*\Z", b"\r\n", canonical, count=1)
    assert base64.b64decode(tags[b"bh"]) == hashlib.sha256(canonical).digest()
    names = [n.strip().lower() for n in tags[b"h"].split(b":")]
    assert b"from" in names and b"tls-report-domain" in names
    signed = [relaxed(next(f for f in fields if f.split(b":")[0].strip().lower() == n)) for n in names]
    signed.append(relaxed(re.sub(rb"(\bb=)[^;]*$", rb"\1", signature)))
    key.public_key().verify(base64.b64decode(re.sub(rb"\s", b"", tags[b"b"])), b"\r\n".join(signed), padding.PKCS1v15(),
                            hashes.SHA256())


def drain(world):
    """A server behind nginx that keeps what is posted."""
    world.posted = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.headers["Content-Type"] == "application/tlsrpt+gzip"
            world.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]
