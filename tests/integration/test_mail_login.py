"""Logging in at mail servers: the credential store, OAuth tokens, SCRAM bound to the connection; against Dovecot, and
against servers that do what Dovecot does not."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import ssl
import threading
import urllib.parse

import pytest

from badsmtp import BadSmtp, Refuse
from cryptography import x509

HOST, USER, PASSWORD, TOKEN = "mail.example.test", "bob@example.net", "correct-horse-battery", "ya29.a0AfH6-SMBx_token~+/=="
WORDS = ' port %d secure tls'


@pytest.fixture
def daemon(new_daemon, pki):
    made = new_daemon(hosts="127.0.0.1 " + HOST)
    made.authenticate("ROOT", pki.path("root.pem"))
    return made


def ask(daemon, server, port, more=""):
    line = 'test mail server "%s"%s%s' % (server, WORDS % port, more)
    return json.loads(daemon.ctl(line, options=("--json",)).out)


def everything_shown(daemon):
    return daemon.log() + "".join(daemon.show(c) for c in ("show logging", "show history", "show running-config",
                                                            "show event manager history events"))


# ---- the store -------------------------------------------------------------------------------------------------------------


def test_passwords_come_from_the_store(daemon, good):
    daemon.configure("event manager mail credential OTHER username somebody password another-password",
                     'event manager mail credential NOC username "%s" password 0 "%s"' % (USER, PASSWORD))
    with BadSmtp(users={USER: PASSWORD}, **good) as server:
        answer = ask(daemon, "%s@%s" % (USER, HOST), server.port)
        assert answer["class"] == "OK" and answer["auth"]["user"] == USER, answer
        answer = ask(daemon, HOST, server.port, " credential NOC")
        assert answer["class"] == "OK" and answer["auth"]["user"] == USER
        assert ask(daemon, HOST, server.port)["auth"] is None
        server.settle()
        sessions = len(server.sessions)
        assert ask(daemon, "nobody@" + HOST, server.port)["class"] == "NO_PASSWORD"
        assert ask(daemon, HOST, server.port, " credential NONE")["class"] == "NO_PASSWORD"
        assert ask(daemon, "x:y@" + HOST, server.port, " credential NOC")["class"] == "CONFIG"
        assert len(server.sessions) == sessions
    assert PASSWORD not in everything_shown(daemon)


def test_what_is_kept_is_type_6_and_loads_again(new_daemon, daemon, good):
    daemon.configure("event manager mail credential NOC username %s password %s" % (USER, PASSWORD))
    line = re.search(r"^event manager mail credential NOC username \S+ password 6 \S+$", daemon.show("show running-config"), re.M)
    assert line and PASSWORD not in line.group(0)
    assert daemon.ctl("write memory").code == 0
    with open(daemon.config) as f:
        assert PASSWORD not in f.read()
    daemon.stop()
    daemon.start()
    assert line.group(0) in daemon.show("show running-config")
    with BadSmtp(users={USER: PASSWORD}, **good) as server:
        assert ask(daemon, HOST, server.port, " credential NOC")["class"] == "OK"
        daemon.configure("no event manager mail credential NOC")
        assert ask(daemon, HOST, server.port, " credential NOC")["class"] == "NO_PASSWORD"
    stranger = new_daemon()
    refused = stranger.ctl("configure terminal", line.group(0))
    assert refused.code == 1 and "encrypted with the key of another device" in refused.out


def test_type_7_is_read_and_never_written(daemon, good):
    daemon.configure("event manager mail credential OLD username %s password 7 0822455D0A16" % USER)
    assert "0822455D0A16" not in everything_shown(daemon)
    with BadSmtp(users={USER: "cisco"}, **good) as server:
        assert ask(daemon, HOST, server.port, " credential OLD")["class"] == "OK"


def test_a_user_name_may_hold_a_colon(daemon, good):
    daemon.configure('event manager mail credential C username "a:b@c" password "p w\\"d"')
    with BadSmtp(users={"a:b@c": 'p w"d'}, **good) as server:
        assert ask(daemon, HOST, server.port, " credential C")["class"] == "OK"


def test_what_cannot_be_typed(daemon):
    begin = "event manager mail credential N username u "
    for rest, hint in (("password 7 xyz", "not written in the encoding of type 7"), ("password 6 abc", "another device"),
                       ("password 7", ""), ("password", ""), ("", ""), ('password ""', "octets"),
                       ("oauth-token-command token", "whole path"), ('oauth-token-command ""', "empty"),
                       ("password x oauth-token-file flash:t", "")):
        answer = daemon.ctl("configure terminal", begin + rest)
        assert answer.code == 1 and hint in answer.out, (rest, answer.out)
    helped = daemon.ctl("configure terminal", begin + "?").out
    for word in ("password", "oauth-token-command", "oauth-token-file"):
        assert re.search(r"^  %s " % word, helped, re.M), helped


# ---- tokens ---------------------------------------------------------------------------------------------------------------


def script(daemon, name, text):
    path = os.path.join(daemon.dir, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_of_a_program(daemon, good, mechanism):
    program = script(daemon, "token", 'echo "$@" >>%s/asked\nprintf "%%s\\nsecond line\\n" \'%s\'\n' % (daemon.dir, TOKEN))
    daemon.configure('event manager mail credential CLOUD username %s oauth-token-command "%s --for $HOME; true"' % (USER, program))
    daemon.ctl("debug event manager action mail")
    with BadSmtp(tokens={USER: TOKEN}, mechanisms=[mechanism, "PLAIN"], **good) as server:
        answer = ask(daemon, "%s@%s" % (USER, HOST), server.port)
        assert answer["class"] == "OK" and answer["auth"] == {"mech": mechanism, "user": USER}, answer
        assert ask(daemon, HOST, server.port, " credential CLOUD")["class"] == "OK"
    with open(daemon.dir + "/asked") as f:
        assert f.read() == "--for $HOME; true\n" * 2  # no shell, and anew for each login
    shown = everything_shown(daemon)
    assert "AUTH %s <hidden>" % mechanism in shown
    for secret in (TOKEN, base64.b64encode(TOKEN.encode()).decode()):
        assert secret not in shown


def test_a_token_of_a_file(daemon, good):
    os.makedirs(daemon.state + "/flash", exist_ok=True)
    with open(daemon.state + "/flash/token", "w") as f:
        f.write(TOKEN + "\n")
    daemon.configure("event manager mail credential CLOUD username %s oauth-token-file flash:token" % USER)
    with BadSmtp(tokens={USER: TOKEN}, mechanisms=["XOAUTH2"], **good) as server:
        assert ask(daemon, HOST, server.port, " credential CLOUD")["class"] == "OK"
        os.remove(daemon.state + "/flash/token")
        assert ask(daemon, HOST, server.port, " credential CLOUD")["class"] == "NO_PASSWORD"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_a_token_that_is_refused(daemon, good, mechanism):
    """The server's reason comes as a challenge; the client acknowledges it, and only then comes the 535."""
    program = script(daemon, "token", "echo expired-token\n")
    daemon.configure("event manager mail credential CLOUD username %s oauth-token-command %s" % (USER, program))
    with BadSmtp(tokens={USER: TOKEN}, mechanisms=[mechanism, "XOAUTH2", "OAUTHBEARER"], **good) as server:
        answer = ask(daemon, HOST, server.port, " credential CLOUD")
        server.settle()
        assert len([l for l in server.sessions[0].lines if l.startswith("AUTH")]) == 1
    assert (answer["class"], answer["phase"], answer["temporary"]) == ("AUTH_FAILED", "auth", False)
    assert answer["detail"].startswith("the token was refused with status 401: 535 ") and "token" in answer["hint"]


@pytest.mark.parametrize("text, class_, detail", [
    ("exit 3", "AUTH_TEMPFAIL", "ended with status 3"),
    ("yes complaint | head -50000 >&2; printf 'one\\nno \\033 route\\n' >&2; exit 3", "AUTH_TEMPFAIL", "status 3: no \\x1B route"), ("kill -9 $$", "AUTH_TEMPFAIL", "ended by signal 9"),
    ("echo '<html>sign in</html>'", "AUTH_TEMPFAIL", "is none"), ("true", "AUTH_TEMPFAIL", "is none"),
    ("exec sleep 300", "AUTH_TEMPFAIL", "did not come within"), ("yes", "AUTH_TEMPFAIL", "did not come within")])
def test_programs_that_bring_no_token(daemon, good, text, class_, detail):
    program = script(daemon, "token", text + "\n")
    daemon.configure("event manager mail credential CLOUD username %s oauth-token-command %s" % (USER, program))
    with BadSmtp(tokens={USER: TOKEN}, mechanisms=["XOAUTH2"], **good) as server:
        answer = ask(daemon, HOST, server.port, " credential CLOUD timeout 2")
        assert (answer["class"], answer["phase"]) == (class_, "auth") and detail in answer["detail"], answer
        assert "by hand" in answer["hint"] and "try again later" not in answer["hint"]
        assert not server.sessions
        answer = daemon.ctl("show clock")
        assert answer.code == 0  # nothing of it held the engine


def test_what_a_program_complains_of_holds_no_secret(daemon):
    program = script(daemon, "token", "echo password is %s %s >&2; exit 4\n" % (PASSWORD, "x" * 400))
    daemon.configure("event manager mail credential P username u password " + PASSWORD,
                     "event manager mail credential CLOUD username %s oauth-token-command %s" % (USER, program))
    detail = ask(daemon, HOST, 25, " credential CLOUD")["detail"]
    assert re.search(r"status 4: password is \*{8} x{100,200}$", detail) and PASSWORD not in detail, detail
    assert PASSWORD not in everything_shown(daemon)


def test_a_program_that_is_not_there(daemon):
    daemon.configure("event manager mail credential CLOUD username u oauth-token-command /nonexistent/token")
    assert ask(daemon, HOST, 25, " credential CLOUD")["class"] == "NO_PASSWORD"


def test_a_password_is_no_token(daemon, good):
    daemon.configure("event manager mail credential P username %s password %s" % (USER, PASSWORD))
    with BadSmtp(tokens={USER: PASSWORD}, mechanisms=["XOAUTH2", "OAUTHBEARER"], **good) as server:
        answer = ask(daemon, HOST, server.port, " credential P")
    assert answer["class"] == "AUTH_NO_COMMON_MECH"
    assert "XOAUTH2 OAUTHBEARER" in answer["detail"] and "we take SCRAM" in answer["detail"]


class TokenServer(threading.Thread):
    """What an identity provider's token information page is for Dovecot."""

    def __init__(self):
        super().__init__(daemon=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("access_token", [""])[0]
                good = asked == TOKEN.rstrip("=") or asked == TOKEN
                body = json.dumps({"email": USER, "expires_in": 600} if good else {"error": "invalid_token"}).encode()
                self.send_response(200 if good else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.start()

    def run(self):
        self.server.serve_forever()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


OAUTH = "passdb {{\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = {run}/conf/oauth2.conf\n}}\n"


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_tokens_at_dovecot(daemon, new_mailhost, mechanism):
    provider = TokenServer()
    host = new_mailhost(mechanisms=mechanism, login=OAUTH, login_files={
        "oauth2.conf": "tokeninfo_url = http://127.0.0.1:%d/tokeninfo?access_token=\nusername_attribute = email\n" % provider.port})
    good, expired = (script(daemon, name, "echo '%s'\n" % token) for name, token in (("good", TOKEN), ("expired", "ya29.expired")))
    daemon.configure("event manager mail credential CLOUD username %s oauth-token-command %s" % (USER, good),
                     "event manager mail credential EXPIRED username %s oauth-token-command %s" % (USER, expired))
    answer = ask(daemon, HOST, host.submission, " credential CLOUD")
    refused = ask(daemon, HOST, host.submission, " credential EXPIRED")
    provider.stop()
    assert answer["class"] == "OK" and answer["auth"]["mech"] == mechanism, (answer, host.log())
    assert refused["class"] == "AUTH_FAILED", refused


# ---- SCRAM bound to the connection ----------------------------------------------------------------------------------------


def hkdf_expand_label(secret, label, context, length, digest):
    """RFC 8446 7.1; one block is enough."""
    label = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(label)]) + label + bytes([len(context)]) + context
    return hmac.new(secret, info + b"\x01", digest).digest()[:length]


class Bound:
    """A TLS context of one version, and what binds to its connections as the server sees them."""

    def __init__(self, good, directory, version):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(good["cert"], good["key"])
        self.context.minimum_version = self.context.maximum_version = version
        self.keylog = os.path.join(str(directory), "keylog")
        self.context.keylog_filename = self.keylog
        with open(good["cert"], "rb") as f:
            self.cert = x509.load_pem_x509_certificate(f.read())

    def __call__(self, session, name):
        if name == "tls-server-end-point":
            return name.encode() and hashlib.sha256(self.cert.public_bytes(
                __import__("cryptography.hazmat.primitives.serialization", fromlist=["Encoding"]).Encoding.DER)).digest()
        assert name == "tls-exporter"
        digest = "sha384" if "SHA384" in session.sock.cipher()[0] else "sha256"
        with open(self.keylog) as f:
            secret = bytes.fromhex(re.findall(r"^EXPORTER_SECRET \S+ (\S+)$", f.read(), re.M)[-1])
        empty = hashlib.new(digest, b"").digest()
        derived = hkdf_expand_label(secret, b"EXPORTER-Channel-Binding", empty, len(empty), digest)
        return hkdf_expand_label(derived, b"exporter", empty, 32, digest)


@pytest.mark.parametrize("version, flag", [(ssl.TLSVersion.TLSv1_2, "p=tls-server-end-point"),
                                           (ssl.TLSVersion.TLSv1_3, "p=tls-exporter")])
@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"])
def test_scram_bound_to_the_connection(daemon, good, tmp_path, version, flag, mechanism):
    bound = Bound(good, tmp_path, version)
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["PLAIN", mechanism], context=bound.context, binding=bound) as server:
        answer = ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)
        assert answer["class"] == "OK" and answer["auth"]["mech"] == mechanism, answer
        assert server.gs2 == [flag]


def test_a_login_through_somebody_else_is_refused(daemon, good, tmp_path):
    """A server whose end of the connection is another one: the binding is not ours."""
    bound = Bound(good, tmp_path, ssl.TLSVersion.TLSv1_3)
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256-PLUS", "PLAIN"], context=bound.context,
                 binding=lambda session, name: b"another connection") as server:
        answer = ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)
        server.settle()
        assert answer["class"] == "AUTH_FAILED" and not server.logins
        assert len([l for l in server.sessions[0].lines if l.startswith("AUTH")]) == 1  # nothing weaker behind it


def test_the_flag_tells_of_names_that_were_taken_out(daemon, good):
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256", "PLAIN"], **good) as server:
        assert ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)["auth"]["mech"] == "SCRAM-SHA-256"
        assert server.gs2 == ["y"]
    daemon.configure("mail auth mechanism SCRAM-SHA-256")
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"], **good) as server:
        assert ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)["auth"]["mech"] == "SCRAM-SHA-256"
        assert server.gs2 == ["n"]


# ---- the certificate is the login -------------------------------------------------------------------------------------------


def asking(good, pki):
    """A TLS context whose server wants a client certificate of the test's root."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good["cert"], good["key"])
    context.load_verify_locations(pki.path("root.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_external_only_with_a_certificate_and_when_asked_for(daemon, good, pki):
    pki.leaf("login", host="r1.example.test", purposes=("client",))
    with open(pki.path("login-key.pem")) as key, open(pki.path("login-chain.pem")) as chain:
        imported = daemon.ctl("configure terminal", "crypto pki import ME pem terminal password none",
                              input=key.read() + "quit\n" + chain.read() + "quit\n")
    assert imported.code == 0, imported
    daemon.configure("mail auth mechanism EXTERNAL PLAIN")
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["EXTERNAL", "PLAIN"], **good) as server:
        assert ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)["auth"]["mech"] == "PLAIN"  # no certificate yet
    daemon.configure("mail identity-trustpoint ME")
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["EXTERNAL", "PLAIN"], context=asking(good, pki)) as server:
        answer = ask(daemon, HOST, server.port)
        assert answer["class"] == "OK" and answer["auth"] == {"mech": "EXTERNAL", "user": ""}, answer
        assert ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)["auth"] == {"mech": "EXTERNAL", "user": USER}
        server.settle()
        assert [l for l in server.sessions[0].lines if l.startswith("AUTH")] == ["AUTH EXTERNAL ="]
        daemon.configure("no mail auth mechanism")
        assert ask(daemon, "%s:%s@%s" % (USER, PASSWORD, HOST), server.port)["auth"]["mech"] == "PLAIN"
        assert ask(daemon, HOST, server.port)["auth"] is None


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("user", ["username", "alice@example.test"])
def test_each_mechanism_at_dovecot(daemon, module_mailhost, mechanism, user):
    host = module_mailhost.kept = getattr(module_mailhost, "kept", None) or module_mailhost()
    daemon.configure("mail auth mechanism " + mechanism)
    answer = ask(daemon, "%s:%s@%s" % (user, host.users[user], HOST), host.submission)
    assert answer["class"] == "OK" and answer["auth"] == {"mech": mechanism, "user": user}, (answer, host.log())
    wrong = ask(daemon, "%s:%s@%s" % (user, "not-the-password", HOST), host.submission)
    assert wrong["class"] == "AUTH_FAILED" and wrong["reply"]["code"] == 535


@pytest.mark.parametrize("code", ["504 5.5.4 unknown", "534 5.7.9 too weak"])
def test_the_next_mechanism_when_one_is_refused_and_none_after_535(daemon, good, code):
    server_string = "%s:%s@%s" % (USER, PASSWORD, HOST)
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256", "PLAIN"], at={"auth": [Refuse(code)]}, **good) as server:
        assert ask(daemon, server_string, server.port)["auth"]["mech"] == "PLAIN"
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256", "PLAIN"], at={"auth": [Refuse("535 5.7.8 no")]}, **good) as server:
        assert ask(daemon, server_string, server.port)["class"] == "AUTH_FAILED"
        server.settle()
        assert len([l for l in server.sessions[0].lines if l.startswith("AUTH")]) == 1
