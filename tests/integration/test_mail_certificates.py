"""What an applet's mail says and does about every kind of server certificate, against a real Postfix: the class in the
message, the alert that the server received, and mail only where the chain is good."""

import base64
import http.server
import json
import os
import re
import signal
import threading

import pytest

import tree
from transcript import entries

HOST = "mail.example.test"
TRUSTPOINTS = {"ROOT": "root.pem", "R1": "r1.pem", "CA": "intermediate.pem", "LEAF": "leaf.pem", "STRANGER": "stranger.pem",
               "HOME": "careless.pem", "PINNED-OTHER": "wrong-name.pem"}
APPLET = ["event manager applet MAIL", "event none sync yes",
          'action 1.0 mail server "username:password@%s" to "noc@example.test" from "a@example.test" subject "certificates" '
          'body "body" port %d secure tls']


class Stand:
    """A Postfix that shows one certificate after the other, and an eventd with every trustpoint there is."""

    def __init__(self, mailhost, daemon, pki):
        self.mailhost, self.daemon, self.pki = mailhost, daemon, pki

    def show(self, cert):
        name = cert[:-len("-chain.pem")] if cert.endswith("-chain.pem") else "leaf"
        self.mailhost.set_certificate(self.pki.path(cert), self.pki.path(name + "-key.pem"))

    def send(self, trust, *lines):
        """One run with these trustpoints bound to mail: its error messages, the alert that Postfix received, its mails."""
        before, log = len(self.mailhost.raw_mails()), len(self.mailhost.log())
        answer = self.daemon.ctl("configure terminal", "mail trustpoint " + trust, *lines, "end", "clear logging")
        assert answer.code == 0, answer
        ran = self.daemon.run("MAIL")
        messages = [m for m in entries(self.daemon.show("show logging")) if m.startswith("%HA_EM-3")]
        assert ran.code == (1 if messages else 0), (ran, messages)
        if not messages:
            self.mailhost.wait_mail(before + 1)
            return messages, None
        assert messages[-1] == "%HA_EM-3-FMPD_ERROR: Error executing applet MAIL statement 1.0" and len(messages) == 2
        assert len(self.mailhost.raw_mails()) == before

        def alert():
            return re.search(r"SSL alert number (\d+)", self.mailhost.log()[log:])
        return messages, int(tree.wait_for(alert).group(1))


class Files(threading.Thread):
    """Serves octets by name over HTTP, answers a POST by `respond`, and notes what was asked for; with `hang` set it never
    answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.clear()
        stand = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                stand.asked.append(self.path)
                if stand.hang:
                    stand.over.wait(60)
                self.answer(stand.files.get(self.path))

            def do_POST(self):
                stand.asked.append(self.path)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(stand.respond(body) if stand.respond else None)

            def answer(self, data):
                self.send_response(200 if data is not None else 404)
                self.send_header("Content-Length", str(len(data or b"")))
                self.end_headers()
                self.wfile.write(data or b"")

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        self.start()

    def run(self):
        self.server.serve_forever()

    def clear(self):
        self.files, self.asked, self.hang, self.respond = {}, [], False, None

    def put(self, name, path):
        with open(path, "rb") as f:
            self.files[name] = f.read()

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def http_files():
    files = Files()
    yield files
    files.stop()


@pytest.fixture(scope="module")
def stand(module_mailhost, module_daemon, pki):
    # One smtpd process for each connection: a new certificate shows at once.
    mailhost = module_mailhost(settings={"max_use": "1"})
    daemon = module_daemon(hosts="127.0.0.1 " + HOST)
    daemon.configure(*[line % (HOST, mailhost.submission) if "%s" in line else line for line in APPLET])
    for name, file in TRUSTPOINTS.items():
        assert "% Certificate successfully imported" in daemon.authenticate(name, pki.path(file)).out
    return Stand(mailhost, daemon, pki)


GOOD = [
    ("chain.pem", "ROOT"), ("chain.pem", "R1"), ("chain.pem", "CA"), ("chain.pem", "STRANGER ROOT"),
    ("rsa-chain.pem", "ROOT"), ("wildcard-chain.pem", "ROOT"), ("ip-chain.pem", "ROOT"),
    ("chain.pem", "LEAF"), ("chain.pem", "LEAF STRANGER"),
    ("no-intermediate-chain.pem", "CA"), ("untrusted-chain.pem", "STRANGER"),
]


@pytest.mark.parametrize("cert, trust", GOOD)
def test_a_good_chain_brings_the_mail(stand, cert, trust):
    stand.show(cert)
    assert stand.send(trust) == ([], None)


# certificate, trustpoints, class, what the detail names, alert (RFC 8446 6.2)
BAD = [
    ("expired-chain.pem", "ROOT", "CERT_EXPIRED", "expired", 45),
    ("not-yet-chain.pem", "ROOT", "CERT_NOT_YET_VALID", "not valid before", 46),
    ("wrong-name-chain.pem", "ROOT", "CERT_NAME_MISMATCH", "mail.example.test", 42),
    ("no-name-chain.pem", "ROOT", "CERT_NAME_MISMATCH", "mail.example.test", 42),
    ("wrong-name-chain.pem", "PINNED-OTHER", "CERT_NAME_MISMATCH", "mail.example.test", 42),
    ("self-signed-chain.pem", "ROOT", "CERT_UNTRUSTED", "self-signed", 42),
    ("untrusted-chain.pem", "ROOT R1 CA LEAF", "CERT_UNTRUSTED", "Example Stranger CA", 42),
    ("wrong-purpose-chain.pem", "ROOT", "CERT_PURPOSE", "purpose", 43),
    ("no-intermediate-chain.pem", "ROOT", "CERT_UNTRUSTED", "Example CA 1C3", 42),
    ("no-intermediate-chain.pem", "LEAF", "CERT_UNTRUSTED", "Example CA 1C3", 42),
    ("leaf-as-ca-chain.pem", "ROOT", "CERT_UNTRUSTED", "", 42),
    ("careless-leaf-chain.pem", "HOME", "CERT_UNTRUSTED", "asic ?[cC]onstraints|key ?[uU]sage", 42),
    ("chain.pem", "STRANGER", "CERT_UNTRUSTED", "Example Global Root CA", 42),
]


@pytest.mark.parametrize("cert, trust, name, detail, alert", BAD)
def test_a_bad_chain_is_refused_for_its_reason(stand, cert, trust, name, detail, alert):
    stand.show(cert)
    messages, received = stand.send(trust)
    match = re.fullmatch(r"%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: username:\*{8}@mail\.example\.test : "
                         r"error in connecting to SMTP server \[(\w+) tls: (.*)\]", messages[0])
    assert match and match.group(1) == name and re.search(detail, match.group(2)), messages[0]
    assert received == alert


def test_a_second_trustpoint_heals_a_missing_intermediate(stand):
    stand.show("no-intermediate-chain.pem")
    assert "CERT_UNTRUSTED" in stand.send("ROOT")[0][0]
    assert stand.send("ROOT CA") == ([], None)


def test_no_trustpoint_bound_to_mail_is_told(stand):
    stand.show("chain.pem")
    messages, _ = stand.send("NOT-THERE")
    assert "CERT_UNTRUSTED tls: no trustpoint" in messages[0]


def test_minimum_version(stand, module_mailhost):
    stand.show("chain.pem")
    assert stand.send("ROOT", "mail tls minimum 1.3") == ([], None)
    old = module_mailhost(settings={"smtpd_tls_protocols": "TLSv1.2", "smtpd_tls_mandatory_protocols": "TLSv1.2"})
    stand.daemon.configure("event manager applet OLD", "event none sync yes", APPLET[2] % (HOST, old.submission))
    assert stand.daemon.run("OLD").code == 1
    assert "[TLS_VERSION tls: " in stand.daemon.show("show logging")
    stand.daemon.configure("no mail tls minimum")
    assert stand.daemon.run("OLD").code == 0
    old.wait_mail(1)


def test_a_server_certificate_that_will_expire_is_told(stand, pki):
    pki.leaf("soon", days=(-30, 5))
    stand.show("soon-chain.pem")
    assert stand.send("ROOT") == ([], None)
    told = "%%PKI-4-CERT_EXPIRY_WARNING: Certificate of mail server %s will expire in 4 Days" % HOST
    stand.daemon.wait_log(told)
    stand.send("ROOT")
    assert stand.daemon.log().count(told) == 1


# --- revocation ---

def responder(pki, revoked=()):
    """A function that answers an OCSP request as the issuers of leaf and intermediate would."""
    import datetime
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import ocsp, load_pem_x509_certificate
    now = datetime.datetime.utcnow()

    def certificate(name):
        with open(pki.path(name), "rb") as f:
            return load_pem_x509_certificate(f.read())
    known = {c.serial_number: (c, issuer) for c, issuer in (
        (certificate("leaf.pem"), pki.intermediate), (certificate("revoked.pem"), pki.intermediate), (pki.intermediate.cert, pki.r1))}

    def respond(request):
        asked = ocsp.load_der_ocsp_request(request)
        cert, issuer = known[asked.serial_number]
        bad = cert.serial_number in [certificate(name).serial_number for name in revoked]
        built = ocsp.OCSPResponseBuilder().add_response(
            cert=cert, issuer=issuer.cert, algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if bad else ocsp.OCSPCertStatus.GOOD,
            this_update=now - datetime.timedelta(hours=1), next_update=now + datetime.timedelta(hours=1),
            revocation_time=now - datetime.timedelta(days=1) if bad else None, revocation_reason=None)
        built = built.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.cert)
        return built.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return respond


@pytest.fixture(scope="module")
def revoking_host(module_mailhost, http_files, tmp_path_factory):
    """A Postfix whose certificates name a distribution point."""
    from pki import Pki
    pki = Pki(tmp_path_factory.mktemp("revoking"), crl_url=http_files.url, ocsp_url=http_files.url + "/ocsp")
    pki.variants()
    mailhost = module_mailhost(settings={"max_use": "1"})
    return mailhost, pki


@pytest.fixture
def revoking(revoking_host, new_daemon, http_files):
    """With an eventd that remembers no list of another test, and a distribution point that serves nothing yet. What passes
    is a failure here: there is no queue."""
    mailhost, pki = revoking_host
    daemon = new_daemon(hosts="127.0.0.1 " + HOST)
    daemon.configure("no event manager mail queue")
    daemon.configure(*[line % (HOST, mailhost.submission) if "%s" in line else line for line in APPLET])
    daemon.authenticate("R1", pki.path("r1.pem"))
    http_files.clear()
    return Stand(mailhost, daemon, pki)


def check_with(stand, methods, *lines):
    """R1 holds the anchor: leaf and intermediate are checked, it is not."""
    return stand.send("R1", *lines, "crypto pki trustpoint R1", "revocation-check " + methods, "exit")


def put(files, stand, **crls):
    for name, file in crls.items():
        files.put("/%s.crl" % name, stand.pki.path(file))


def test_revocation_good_is_asked_once(revoking, http_files):
    revoking.show("chain.pem")
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    assert check_with(revoking, "crl") == ([], None)
    assert sorted(http_files.asked) == ["/intermediate.crl", "/r1.crl"]
    assert check_with(revoking, "crl") == ([], None)
    assert len(http_files.asked) == 2, "the lists are good for another month"


def helper_pid(daemon):
    return next(p["pid"] for p in daemon.json("show system processes")["processes"] if p["name"] == "eventd-mail" and p["pid"])


def test_what_one_process_fetched_the_others_know(revoking, http_files):
    """The list outlives the process that fetched it, and the daemon; `clear crypto pki crls` forgets it everywhere."""
    daemon = revoking.daemon
    revoking.show("chain.pem")
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    assert check_with(revoking, "crl") == ([], None)
    kept = daemon.json("show crypto pki crls")
    assert [(c["crl_issuer_name"].split(",")[0], c["retrieved_from"], c["revoked_certificates"]) for c in kept["crls"]] == [
        ("cn=Example CA 1C3", http_files.url + "/intermediate.crl", 1), ("cn=Example Root R1", http_files.url + "/r1.crl", 0)]
    assert kept["cache_bytes"] == sum(c["bytes"] for c in kept["crls"]) > 0
    shown = daemon.show("show crypto pki crls")
    for crl in kept["crls"]:
        assert ("CRL Issuer Name:\n    %(crl_issuer_name)s\n    LastUpdate: %(last_update)s\n    NextUpdate: %(next_update)s\n"
                "    Retrieved from CRL Distribution Point:\n      %(retrieved_from)s\n" % crl) in shown
    counted = daemon.json("show crypto pki counters")
    assert (counted["crls_checked"], counted["crl_fetch_attempts"], counted["crl_failed_attempts"]) == (2, 2, 0)

    first = helper_pid(daemon)
    os.kill(first, signal.SIGKILL)
    assert tree.wait_for(lambda: not any(p["pid"] == first for p in daemon.json("show system processes")["processes"]))
    assert check_with(revoking, "crl") == ([], None)
    assert helper_pid(daemon) != first and len(http_files.asked) == 2

    files = os.path.join(daemon.state, "revocation")
    assert tree.wait_for(lambda: len([f for f in os.listdir(files) if f.endswith(".json")]) == 2)
    assert daemon.ctl("write memory").code == 0
    daemon.stop()
    daemon.start()
    assert sorted(c["retrieved_from"] for c in daemon.json("show crypto pki crls")["crls"]) == \
        sorted(c["retrieved_from"] for c in kept["crls"])
    assert check_with(revoking, "crl") == ([], None) and len(http_files.asked) == 2

    assert daemon.ctl("clear crypto pki crls").code == 0
    assert daemon.json("show crypto pki crls") == {"schema_version": 1, "crls": [], "cache_bytes": 0,
                                                  "cache_maximum_bytes": kept["cache_maximum_bytes"]}
    assert tree.wait_for(lambda: os.listdir(files) == [])
    assert check_with(revoking, "crl") == ([], None) and len(http_files.asked) == 4


def test_a_list_is_fetched_when_asked_for(revoking, http_files):
    daemon = revoking.daemon
    revoking.show("chain.pem")
    answer = daemon.ctl("crypto pki crl request R1")
    assert answer.code == 1 and "No CRL distribution point of trustpoint R1 is known" in answer.out
    assert daemon.ctl("crypto pki crl request NOBODY").code == 1
    put(http_files, revoking, intermediate="intermediate-empty.crl", r1="r1.crl")
    assert check_with(revoking, "crl") == ([], None)
    assert daemon.ctl("crypto pki crl request R1").code == 0
    assert sorted(http_files.asked) == ["/intermediate.crl", "/r1.crl", "/r1.crl"]
    assert len(daemon.json("show crypto pki crls")["crls"]) == 2
    http_files.clear()
    answer = daemon.ctl("crypto pki crl request R1")
    assert answer.code == 1 and http_files.url + "/r1.crl: " in answer.out
    counted = daemon.json("show crypto pki counters")
    assert (counted["crl_fetch_attempts"], counted["crl_failed_attempts"]) == (4, 1)
    assert len(daemon.json("show crypto pki crls")["crls"]) == 2, "the old one holds until it is due"

    # What is fetched on demand is what the mail processes use from then on.
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    daemon.authenticate("CA", revoking.pki.path("intermediate.pem"), answer=None)
    revoking.show("revoked-chain.pem")
    assert check_with(revoking, "crl") == ([], None), "the list that is kept is older than the revocation"
    assert daemon.ctl("crypto pki crl request CA").code == 0
    assert "[CERT_REVOKED tls: " in check_with(revoking, "crl")[0][0]


def test_a_kept_list_that_was_tampered_with_decides_nothing(revoking, http_files):
    """A file of the state directory is no better than the network: the signature is verified with each use."""
    daemon = revoking.daemon
    revoking.show("revoked-chain.pem")
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    assert "[CERT_REVOKED tls: " in check_with(revoking, "crl")[0][0]
    files = os.path.join(daemon.state, "revocation")
    path = tree.wait_for(lambda: [os.path.join(files, f) for f in os.listdir(files) if f.endswith(".json")])[0]
    assert daemon.ctl("write memory").code == 0
    daemon.stop()
    with open(path) as f:
        kept = json.load(f)
    der = bytearray(base64.b64decode(kept["data"]))
    der[-1] ^= 1
    with open(path, "w") as f:
        json.dump(dict(kept, data=base64.b64encode(der).decode()), f)
    http_files.clear()
    daemon.start()
    messages, alert = check_with(revoking, "crl")
    assert "[CERT_REVOCATION_UNKNOWN tls: " in messages[0] and "signature of the CRL is wrong" in messages[0] and alert == 46


def test_revocation_revoked(revoking, http_files):
    revoking.show("revoked-chain.pem")
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    for methods in ("crl", "crl none"):
        messages, alert = check_with(revoking, methods)
        assert "[CERT_REVOKED tls: " in messages[0] and alert == 44


def test_revocation_that_nobody_asks_for(revoking, http_files):
    revoking.show("revoked-chain.pem")
    assert check_with(revoking, "none") == ([], None) and http_files.asked == []


@pytest.mark.parametrize("crls", [{}, {"intermediate": "intermediate-stale.crl", "r1": "r1.crl"},
                                  {"intermediate": "root.pem", "r1": "r1.crl"}, {"intermediate": "r1.crl", "r1": "r1.crl"}])
def test_revocation_unknown(revoking, http_files, crls):
    """Nothing there, out of date, no list at all, another issuer's list; and the right one counts as soon as it is there."""
    revoking.show("chain.pem")
    put(http_files, revoking, **crls)
    messages, alert = check_with(revoking, "crl")
    assert "[CERT_REVOCATION_UNKNOWN tls: " in messages[0] and alert == 46
    assert check_with(revoking, "crl none") == ([], None)
    put(http_files, revoking, intermediate="intermediate.crl", r1="r1.crl")
    assert check_with(revoking, "crl") == ([], None)


def test_ocsp(revoking, http_files):
    http_files.respond = responder(revoking.pki, revoked=["revoked.pem"])
    revoking.show("chain.pem")
    assert check_with(revoking, "ocsp") == ([], None) and http_files.asked == ["/ocsp"] * 2
    assert check_with(revoking, "ocsp") == ([], None) and len(http_files.asked) == 2, "the responses hold for an hour"
    revoking.show("revoked-chain.pem")
    messages, alert = check_with(revoking, "ocsp none")
    assert "[CERT_REVOKED tls: " in messages[0] and alert == 44


def test_methods_are_tried_in_order(revoking, http_files):
    revoking.show("chain.pem")
    http_files.respond = responder(revoking.pki)
    assert check_with(revoking, "crl ocsp") == ([], None)
    assert sorted(http_files.asked) == ["/intermediate.crl", "/ocsp", "/ocsp", "/r1.crl"], "no list there: the responder is asked"
    http_files.clear()
    assert revoking.daemon.ctl("clear crypto pki crls").code == 0
    messages, alert = check_with(revoking, "ocsp")
    assert "[CERT_REVOCATION_UNKNOWN tls: " in messages[0] and alert == 46


def test_a_distribution_point_that_hangs(revoking, http_files):
    """It may take the job's time and no more: the answer is the job's own, not that of a process killed for being stuck."""
    revoking.show("chain.pem")
    http_files.hang = True
    messages, _ = check_with(revoking, "crl", "mail timeout 1")
    assert "[CERT_REVOCATION_UNKNOWN tls: " in messages[0]
