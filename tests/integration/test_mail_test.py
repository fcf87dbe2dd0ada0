"""`test mail server`, by eventctl alone and in a running eventd: seed 001's lines, each class of error from a server that
shows it, and what must never happen (DATA, a password on the screen)."""

import json
import os
import re
import socket
import ssl
import subprocess

import pytest

import tree
from badsmtp import BadSmtp, Drop, Garbage, Hang, Inject, Refuse, Say
from dnsstub import DnsStub

HOST, USER, PASSWORD = "mail.example.test", "bob@example.net", "correct-horse-battery"
SSL_LINE = "Could not connect to SMTP Server, SSL Error. Please check the trusted certificates."
PASSWORD_LINE = "Could not connect to SMTP Server, User Name or Password is incorrect."
CREDENTIALS = "%s:%s@" % (USER, PASSWORD)

# What a test cannot meet: it has no message, no queue, no run that waits for it; and what only the DNS and its policies
# can bring, which test_mail_test_direct.py shows.
NEVER_MET = {"CANCELLED", "DATA_REJECTED", "MESSAGE_REJECTED", "MESSAGE_TOO_BIG", "QUEUE_FULL", "EXPIRED", "HELPER_FAILED",
             "DNS_BOGUS", "DANE_NO_TLSA", "DANE_INSECURE", "DANE_BOGUS", "DANE_MISMATCH", "DANE_NO_TLS", "DANE_ROUTE",
             "STS_MX_MISMATCH", "STS_NO_TLS", "STS_CERT", "STS_TLS_VERSION"}


@pytest.fixture(scope="module")
def dns():
    names = {HOST: ["127.0.0.1"], "other.test": ["127.0.0.1"], "six.test": [], "two.test": ["127.0.0.1", "127.0.0.2"],
             "broken.test": "SERVFAIL", "silent.test": None}
    with DnsStub(names) as stub:
        yield stub


def shown(pki, name):
    return {"cert": pki.path(name + "-chain.pem"), "key": pki.path(name + "-key.pem")}


def eventctl(*arguments, inside=()):
    argv = list(inside) + [os.path.join(tree.BUILD, "eventctl"), "test", "mail", "server"] + [
        a if isinstance(a, bytes) else str(a) for a in arguments]
    done = subprocess.run(argv, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def ask(dns, pki):
    """ask(server, words...) is the JSON document; the name server of the test and the good root are given."""
    def run(*arguments, root="root.pem", inside=()):
        code, out, err = eventctl(*arguments, "--resolver", "127.0.0.1@%d" % dns.port, "--trust", pki.path(root), "--json",
                                  inside=inside)
        assert not err, err
        answer = json.loads(out)
        assert code == (0 if answer["result"] == "SUCCESS" else 1)
        assert PASSWORD not in out
        return answer
    return run


# ---- what works ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secure, login", [("none", False), ("tls", False), ("tls", True), ("smtps", False), ("smtps", True)])
def test_tls_and_login_in_every_combination(mailhost, dns, pki, secure, login):
    port = {"none": mailhost.smtp, "tls": mailhost.submission, "smtps": mailhost.smtps}[secure]
    server = ("username:password@" if login else "") + HOST
    common = (server, "port", port, "secure", secure, "--resolver", "127.0.0.1@%d" % dns.port, "--trust", pki.path("root.pem"))
    code, out, err = eventctl(*common)
    assert (code, err) == (0, "")
    assert out.startswith("Test Connection to SMTP Server\n\nSuccessfully connected to %s .\n" % HOST)
    assert out.endswith("class: OK  phase: -\n")
    answer = json.loads(eventctl(*common, "--json")[1])
    assert answer["result"] == "SUCCESS" and answer["class"] == "OK" and answer["temporary"] is False
    assert (answer["tls"] is None) == (secure == "none") and (answer["auth"] is not None) == login
    steps = [s["phase"] for s in answer["steps"]]
    assert steps == ["dns", "connect"] + {"none": ["banner", "ehlo"], "tls": ["banner", "ehlo", "starttls", "tls", "ehlo2"],
                                          "smtps": ["tls", "banner", "ehlo"]}[secure] + (["auth"] if login else []) + ["quit"]
    for phase in steps:
        assert re.search(r"^%s +\d+\.\d{3} s  OK$" % phase, out, re.M)
    assert not mailhost.raw_mails()


def test_a_login_without_tls_with_permission(ask):
    """The fourth combination."""
    with BadSmtp(users={USER: PASSWORD}) as server:
        answer = ask(CREDENTIALS + HOST, "port", server.port, "secure", "none", "allow-cleartext-auth")
        assert answer["result"] == "SUCCESS" and answer["tls"] is None and answer["auth"] == {"mech": "PLAIN", "user": USER}


def test_the_document_is_the_specifications(good, ask):
    with BadSmtp(users={USER: PASSWORD}, **good) as server:
        answer = ask(CREDENTIALS + HOST, "port", server.port, "secure", "tls")
    assert list(answer)[1:15] == ["result", "class", "phase", "temporary", "host", "ip", "port", "local_ip", "helo",
                                  "capabilities", "tls", "auth", "reply", "steps"]
    assert set(answer["tls"]) >= {"version", "cipher", "sni", "chain", "anchor", "trustpoint", "verify"}
    assert [set(c) for c in answer["tls"]["chain"]] == [{"subject", "issuer", "serial", "not_before", "not_after", "sha256",
                                                         "san"}] * 3
    assert answer["tls"]["chain"][0]["san"] == [HOST] and answer["tls"]["sni"] == HOST
    assert answer["auth"] == {"mech": "PLAIN", "user": USER} and answer["ip"] == "127.0.0.1" and answer["host"] == HOST
    assert [set(s) for s in answer["steps"]] == [{"phase", "ms", "result"}] * len(answer["steps"])


def test_recipients_are_asked_for_and_nothing_is_sent(good, ask):
    with BadSmtp(users={USER: PASSWORD}, **good) as server:
        answer = ask(CREDENTIALS + HOST, "port", server.port, "secure", "tls", "from", "a@example.net", "to", "b@example.net, c@example.net")
        assert answer["class"] == "OK", answer
        server.settle()
        said = server.sessions[0].lines
        assert [l for l in said if l.startswith(("MAIL", "RCPT", "RSET", "DATA", "QUIT"))][0].startswith("MAIL FROM:<a@example.net>")
        assert sum(l.startswith("RCPT") for l in said) == 2 and "RSET" in said and "DATA" not in said
        assert not server.mails
        ask(CREDENTIALS + HOST, "port", server.port, "secure", "tls")
        server.settle()
        assert not [l for l in server.sessions[1].lines if l.startswith(("MAIL", "RCPT", "DATA"))]


def test_port_465_means_tls_from_the_first_byte(ask):
    answer = ask(HOST, "port", 465, "secure", "tls", "timeout", 2)
    assert answer["port"] == 465


def test_the_source_is_chosen(ask):
    with BadSmtp() as server:
        assert ask("127.0.0.1", "port", server.port, "source-address", "127.0.0.9")["local_ip"] == "127.0.0.9"
        assert ask("127.0.0.1", "port", server.port, "source-interface", "lo")["local_ip"] == "127.0.0.1"


# ---- each class ------------------------------------------------------------------------------------------------------------

CONFIG = {
    "EMPTY": "", "EMPTY_USER": ":pw@host", "EMPTY_PASSWORD": "user:@host", "EMPTY_HOST": "user:pw@", "BAD_PORT": "host:smtp",
    "BAD_HOST": "a..b", "CONTROL_CHARACTER": "user:p\tw@host", "BAD_UTF8": b"user:\xe9@host", "TOO_LONG": "u" * 1100 + ":p@h",
    "NO_PASSWORD": "user@host", "CONFIG": "USEDNS",
}


@pytest.mark.parametrize("class_", CONFIG)
def test_what_is_wrong_before_the_first_octet(ask, class_):
    check(ask(CONFIG[class_]), class_, "config")


def test_bad_addresses(ask):
    check(ask("host", "to", "nobody at all"), "BAD_ADDRESS", "config")
    check(ask("host", "to", "a@b", "from", "-x"), "BAD_ADDRESS", "config")
    check(ask("host", "from", "a@b"), "CONFIG", "config")
    check(ask("host:25", "port", 26), "BAD_PORT", "config")


TEMPORARY = {"DNS_FAILED", "SOURCE_UNAVAILABLE", "CONNECT_REFUSED", "CONNECT_TIMEOUT", "CONNECT_UNREACHABLE", "TIMEOUT",
             "CONNECTION_LOST", "PROTOCOL_ERROR", "AUTH_TEMPFAIL", "CERT_REVOCATION_UNKNOWN"}
met = set(CONFIG) | {"BAD_ADDRESS"}


def check(answer, class_, phase, temporary=None):
    """The class, its phase, whether it passes, and a hint."""
    met.add(class_)
    assert (answer["result"], answer["class"], answer["phase"]) == ("FAILED", class_, phase), answer
    assert answer["temporary"] is (class_ in TEMPORARY if temporary is None else temporary)
    assert answer["hint"] and answer["detail"]
    if phase != "config":
        assert answer["steps"][-1]["result"] == class_ and answer["steps"][-1]["phase"] == phase
    return answer


@pytest.mark.parametrize("host, class_", [("nowhere.test", "DNS_NXDOMAIN"), ("six.test", "DNS_NODATA"),
                                          ("broken.test", "DNS_FAILED")])
def test_names(ask, host, class_):
    check(ask(host), class_, "dns")


def test_a_name_server_that_says_nothing(ask):
    check(ask("silent.test", "timeout", 1), "TIMEOUT", "dns")


def test_sources_that_cannot_be_used(ask):
    check(ask("127.0.0.1", "source-interface", "none0"), "SOURCE_UNAVAILABLE", "connect")
    check(ask("127.0.0.1", "source-address", "192.0.2.99"), "SOURCE_UNAVAILABLE", "connect")


def test_nobody_listens(ask):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        check(ask(HOST, "port", s.getsockname()[1]), "CONNECT_REFUSED", "connect")


def test_the_address_that_got_furthest_is_the_verdict(ask):
    """Nobody listens at 127.0.0.2, and that is not what is wrong."""
    with BadSmtp(at={"ehlo": Say("451 4.3.0 not now")}) as server:
        answer = check_furthest(ask("two.test", "port", server.port), server)
        assert "127.0.0.2 port %d: Connection refused" % server.port in answer["detail"]
    port = tree.free_port()
    answer = ask("two.test", "port", port)
    assert answer["class"] == "CONNECT_REFUSED"
    for address in ("127.0.0.1", "127.0.0.2"):
        assert "%s port %d: Connection refused" % (address, port) in answer["detail"]


def check_furthest(answer, server):
    assert (answer["class"], answer["phase"], answer["ip"]) == ("HELO_REJECTED", "ehlo", "127.0.0.1"), answer
    assert answer["reply"]["code"] == 451 and answer["temporary"] is True and answer["port"] == server.port
    assert [(s["phase"], s["result"]) for s in answer["steps"] if s["result"] != "OK"] == [
        ("ehlo", "HELO_REJECTED"), ("connect", "CONNECT_REFUSED")]
    return answer


def test_nobody_answers(ask):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        fill = [socket.socket() for _ in range(3)]  # a full backlog drops the next SYN
        for c in fill:
            c.setblocking(False)
            c.connect_ex(s.getsockname())
        answer = ask("127.0.0.1", "port", s.getsockname()[1], "timeout", 2)
        for c in fill:
            c.close()
    check(answer, "CONNECT_TIMEOUT", "connect")


@pytest.mark.skipif(os.geteuid() != 0, reason="a network of its own needs root")
def test_no_way_there(ask):
    check(ask("192.0.2.1", inside=("unshare", "--net")), "CONNECT_UNREACHABLE", "connect")


@pytest.mark.parametrize("what, class_", [(Hang(), "TIMEOUT"), (Drop(), "CONNECTION_LOST"), (Garbage(), "PROTOCOL_ERROR")])
@pytest.mark.parametrize("phase", ["banner", "ehlo", "starttls", "ehlo2", "auth", "mail", "rcpt"])
def test_trouble_in_each_phase(good, ask, phase, what, class_):
    with BadSmtp(at={phase: what}, users={USER: PASSWORD}, offers=(), **good) as server:
        check(ask(CREDENTIALS + HOST, "port", server.port, "secure", "tls", "to", "a@example.net", "timeout", 2), class_, phase)


@pytest.mark.parametrize("phase, said, class_, temporary", [
    ("banner", "554 5.7.1 go away", "BANNER_REJECTED", False),
    ("banner", "421 4.3.2 busy", "BANNER_REJECTED", True),
    ("ehlo", "550 5.7.1 bad name", "HELO_REJECTED", False),
    ("starttls", "454 4.7.0 not now", "TLS_REFUSED", True),
    ("starttls", "501 5.5.4 no", "TLS_REFUSED", False),
    ("mail", "550 5.7.1 not you", "SENDER_REJECTED", False),
    ("rcpt", "550 5.1.1 not he", "RECIPIENT_REJECTED", False),
    ("rcpt", "450 4.2.1 later", "RECIPIENT_REJECTED", True),
])
def test_refusals(good, ask, phase, said, class_, temporary):
    with BadSmtp(at={phase: Say(said)}, users={USER: PASSWORD}, **good) as server:
        answer = check(ask(CREDENTIALS + HOST, "port", server.port, "secure", "tls", "to", "a@example.net"), class_, phase,
                       temporary)
    assert answer["reply"] == {"code": int(said[:3]), "enhanced": said[4:9], "text": said[4:]}
    if phase in ("mail", "rcpt"):
        assert ("temporary" in answer["hint"]) is temporary and ("check the recipient" in answer["hint"]) is (said[:3] == "550" and phase == "rcpt")


def test_starttls_that_is_not_there_and_octets_behind_it(good, ask):
    with BadSmtp() as server:
        check(ask(HOST, "port", server.port, "secure", "tls"), "TLS_NOT_OFFERED", "starttls")
    with BadSmtp(at={"starttls": Inject("220 go ahead", "250 ok")}, **good) as server:
        check(ask(HOST, "port", server.port, "secure", "tls"), "STARTTLS_INJECTION", "starttls")


def test_handshakes_that_fail(good, ask):
    with BadSmtp(at={"tls": Garbage()}, **good) as server:
        check(ask(HOST, "port", server.port, "secure", "tls"), "HANDSHAKE_FAILED", "tls")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.load_cert_chain(good["cert"], good["key"])
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with BadSmtp(context=old) as server:
        check(ask(HOST, "port", server.port, "secure", "tls"), "TLS_VERSION", "tls")


def test_smtps_at_a_port_that_speaks_first(good, ask):
    with BadSmtp(**good) as server:
        answer = check(ask(HOST, "port", server.port, "secure", "smtps"), "HANDSHAKE_FAILED", "tls")
        assert "speaks SMTP in the clear first: write 'secure tls'" in answer["hint"]
    with BadSmtp(implicit=True, **good) as server:
        answer = check(ask(HOST, "port", server.port, "secure", "tls", "timeout", 2), "TIMEOUT", "banner")
        assert "wants 'secure smtps'" in answer["hint"]
    with BadSmtp(at={"tls": Garbage()}, **good) as server:
        assert "secure tls" not in ask(HOST, "port", server.port, "secure", "tls")["hint"]


def test_a_root_that_is_there_and_no_good(pki, ask):
    """Whoever imported it is not told to import it."""
    with BadSmtp(**shown(pki, "careless-leaf")) as server:
        answer = check(ask(HOST, "port", server.port, "secure", "tls", root="careless.pem"), "CERT_UNTRUSTED", "tls")
        assert "must be issued anew" in answer["hint"] and "import the root" not in answer["hint"]
        assert re.search("basic ?[cC]onstraints|key ?[uU]sage", answer["hint"])
        answer = check(ask(HOST, "port", server.port, "secure", "tls"), "CERT_UNTRUSTED", "tls")
        assert "--trust FILE" in answer["hint"] and "issued anew" not in answer["hint"]
        assert "crypto pki" not in answer["hint"]


CERTIFICATES = {"untrusted": "CERT_UNTRUSTED", "self-signed": "CERT_UNTRUSTED", "expired": "CERT_EXPIRED",
                "not-yet": "CERT_NOT_YET_VALID", "wrong-name": "CERT_NAME_MISMATCH", "wrong-purpose": "CERT_PURPOSE",
                "weak": "CERT_WEAK"}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates(pki, ask, name):
    how = shown(pki, name)
    if name == "weak":
        pki.leaf("weak", key="rsa1024")
        how["context"] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        how["context"].set_ciphers("DEFAULT:@SECLEVEL=0")
        how["context"].load_cert_chain(how["cert"], how["key"])
    with BadSmtp(**how) as server:
        answer = check(ask(HOST, "port", server.port, "secure", "tls"), CERTIFICATES[name], "tls")
    assert answer["tls"]["verify"][0]["class"] == CERTIFICATES[name] and len(answer["tls"]["chain"]) >= 1


def test_logins_that_fail(good, ask):
    words = (CREDENTIALS + HOST, "secure", "tls", "port")
    with BadSmtp(users={USER: "another"}, **good) as server:
        check(ask(*words, server.port), "AUTH_FAILED", "auth")
    with BadSmtp(users={USER: PASSWORD}, at={"auth": Refuse("454 4.7.0 later")}, **good) as server:
        check(ask(*words, server.port), "AUTH_TEMPFAIL", "auth")
    with BadSmtp(**good) as server:
        check(ask(*words, server.port), "AUTH_NOT_OFFERED", "auth")
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["NTLM"], **good) as server:
        check(ask(*words, server.port), "AUTH_NO_COMMON_MECH", "auth")


def test_a_password_is_not_sent_in_the_clear(ask):
    with BadSmtp(users={USER: PASSWORD}) as server:
        check(ask(CREDENTIALS + HOST, "port", server.port, "secure", "none"), "AUTH_NEEDS_TLS", "auth")
        server.settle()
        assert not [l for l in server.sessions[0].lines if l.startswith("AUTH")]


def test_an_address_that_the_server_cannot_take(good, ask):
    with BadSmtp(**good) as server:
        check(ask(HOST, "port", server.port, "secure", "tls", "to", "söle@example.net"), "ADDRESS_NOT_SUPPORTED", "mail")


# ---- the same in a running eventd, with nothing configured --------------------------------------------------------------


def in_daemon(daemon, *words):
    return json.loads(daemon.ctl("test mail server " + " ".join(str(w) for w in words), options=("--json",)).out)


def test_a_daemon_with_nothing_configured(new_daemon, good, pki):
    daemon = new_daemon(hosts="127.0.0.1 " + HOST)
    with BadSmtp(users={USER: PASSWORD}, **good) as server:
        words = '"%s%s" port %d secure ' % (CREDENTIALS, HOST, server.port)
        answer = daemon.ctl("test mail server " + words + "tls")
        assert answer.code == 0
        assert answer.out.startswith("Test Connection to SMTP Server\n\nConnection to %s failed.\n%s\n" % (HOST, SSL_LINE))
        assert "class: CERT_UNTRUSTED  phase: tls  permanent\n" in answer.out
        assert "hint: import the root CA of the SMTP server" in answer.out
        check(in_daemon(daemon, words, "tls"), "CERT_UNTRUSTED", "tls")
        check(in_daemon(daemon, '"$_email_server"'), "UNDEFINED_VARIABLE", "config")
        daemon.authenticate("ROOT", pki.path("root.pem"))
        daemon.configure("event manager environment _email_server %s%s" % (CREDENTIALS, HOST))
        good_answer = daemon.ctl('test mail server "$_email_server" port %d secure tls' % server.port)
        assert "Successfully connected to %s .\n" % HOST in good_answer.out and "verified by ROOT" in good_answer.out
        wrong = daemon.ctl('test mail server "%s:wrong-horse@%s" port %d secure tls' % (USER, HOST, server.port))
        assert "Connection to %s failed.\n%s\n" % (HOST, PASSWORD_LINE) in wrong.out
        refused = daemon.ctl('test mail server "%s" port %d' % (HOST, tree.free_port()))
        assert "Connection to %s failed.\n\n" % HOST in refused.out and "Could not" not in refused.out
        shown_anywhere = daemon.log() + daemon.show("show logging") + daemon.show("show history") + answer.out + wrong.out
        assert PASSWORD not in shown_anywhere and "wrong-horse" not in shown_anywhere


@pytest.mark.parametrize("stale", [False, True])
def test_revocation(new_daemon, tmp_path, stale):
    from pki import Pki
    from test_mail_certificates import Files
    files = Files()
    own = Pki(tmp_path / "pki", crl_url=files.url)
    revoked = own.leaf("revoked")
    own.crl("intermediate.crl", own.intermediate, revoked)
    own.crl("r1.crl", own.r1)
    if not stale:
        for name in ("intermediate.crl", "r1.crl"):
            files.put("/" + name, own.path(name))
    daemon = new_daemon(hosts="127.0.0.1 " + HOST)
    daemon.authenticate("R1", own.path("r1.pem"), lines=("enrollment terminal", "revocation-check crl"))
    with BadSmtp(cert=own.path("revoked-chain.pem"), key=own.path("revoked-key.pem")) as server:
        answer = in_daemon(daemon, '"%s" port %d secure tls' % (HOST, server.port))
    files.stop()
    check(answer, "CERT_REVOCATION_UNKNOWN" if stale else "CERT_REVOKED", "tls")


def test_what_cannot_be_typed(new_daemon):
    daemon = new_daemon()
    for line in ("test mail server", 'test mail server "h" port 0', 'test mail server "h" port 70000',
                 'test mail server "h" secure ssl', 'test mail server "h" timeout 0',
                 'test mail server "h" source-address 1.2.3', 'test mail server "h" source-interface lo source-address 127.0.0.1'):
        assert daemon.ctl(line).code == 1, line
    helped = daemon.ctl('test mail server "h" ?').out
    for word in ("port", "secure", "from", "to", "source-address", "source-interface", "timeout"):
        assert re.search(r"^  %s " % word, helped, re.M)
    for arguments in ((), ("--json",), ("h", "--bogus"), ("h", "--timeout", "x"), ("h", "port", "0"), ("h", "--trust", "/nonexistent")):
        code, out, err = eventctl(*arguments)
        assert code == 2 and not out and "usage: eventctl test mail server" in err, arguments


def test_what_eventctl_says_of_its_options(pki):
    for arguments, said in ((("h", "--trust", "nofile.pem"), "server: nofile.pem: No such file or directory\n"),
                            (("h", "--trust=nofile.pem"), "server: nofile.pem: No such file or directory\n"),
                            (("h", "--trust"), "there is no value behind --trust"), (("h", "--bogus"), "unknown option --bogus"),
                            (("h", "--bogus=1"), "unknown option --bogus"), (("h", "--timeout=x"), "seconds from 1 to 1800, not x"),
                            (("h", "port", "99999"), "server: '99999' cannot stand here; 'port' takes "),
                            (("h", "ports"), "server: 'ports' cannot stand here; ")):
        code, out, err = eventctl(*arguments)
        assert code == 2 and not out and said in err and err.count("nofile.pem") <= 1 and "marker" not in err, err
        assert "[from F] [to T]" in err and err.count("timeout S") == 1
    with open(pki.path("no-certificate.pem"), "w") as f:
        f.write("nothing\n")
    assert re.match("eventctl test mail server: [^ ]*no-certificate.pem: ", eventctl("h", "--trust", pki.path("no-certificate.pem"))[2])


def test_trust_with_an_equals_sign(good, dns, pki):
    with BadSmtp(**good) as server:
        words = (HOST, "port", server.port, "secure", "tls", "--resolver=127.0.0.1@%d" % dns.port, "--timeout=20")
        assert eventctl(*words, "--trust=" + pki.path("root.pem"))[0] == 0
        assert eventctl(*words, "--trust", pki.path("stranger.pem"), pki.path("root.pem"))[0] == 0
        assert eventctl(*words, "--trust=" + pki.path("stranger.pem"))[0] == 1


@pytest.mark.parametrize("string", ["USEDNS", ":@", "user:@host"])
def test_nothing_was_tried(string):
    code, out, _ = eventctl(string)
    assert code == 1 and out.startswith("Test Connection to SMTP Server\n\nNo connection was tried.\n\nclass: ")
    assert "failed." not in out and "****" not in out


def test_every_class_was_met(request):
    """The last of the file: the table in the code has no class that nobody showed."""
    if len(request.session.items) < 60:
        pytest.skip("the other tests of this file were not run")
    with open(os.path.join(tree.PROJECT, "actions", "mail", "class.c")) as f:
        every = set(re.findall(r'= \{ "([A-Z0-9_]+)", ', f.read())) - {"OK"}
    assert every - met == NEVER_MET
