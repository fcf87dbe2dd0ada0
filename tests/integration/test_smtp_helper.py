"""eventd-mail against a server that does everything wrong: each phase, each kind of failure, its class and its phase."""

import base64
import email
import email.policy
import socket

import pytest

import tree
from badsmtp import BadSmtp, Drip, Drop, Flood, Garbage, Hang, Inject, Raw, Refuse, Reset, Say
from mailhelper import DEBUG_MAIL, MESSAGE, MailHelper, job

USER, PASSWORD = "bob@example.net", "correct-horse-battery"
SECRETS = [PASSWORD, base64.b64encode(PASSWORD.encode()).decode(),
           base64.b64encode(("\0%s\0%s" % (USER, PASSWORD)).encode()).decode()]

# Short enough for a test; the step that is tested is the one that must run out.
SHORT = 400


def ended(result, class_, phase):
    assert (result["class"], result["phase"]) == (class_, phase), result
    for recipient in result["recipients"]:
        assert recipient["class"] == class_


def no_secrets(result, traces):
    shown = str(result) + "\n".join(traces)
    for secret in SECRETS:
        assert secret not in shown


# --- what works ---------------------------------------------------------------------------------------


def test_a_mail_arrives_unchanged(helper):
    with BadSmtp() as server:
        result, traces = helper.run(job(server.port))
        assert result["result"] == "SUCCESS" and result["outcome"] == "sent" and result["phase"] == "-"
        assert [e["what"] for e in helper.events] == ["connected", "start"]
        assert result["reply"] == {"code": 250, "enhanced": "2.0.0", "text": "2.0.0 accepted"}
        assert [s["phase"] for s in result["steps"]] == ["dns", "connect", "banner", "ehlo", "mail", "rcpt", "data", "body",
                                                         "dot", "quit"]
        server.settle()
        assert server.mails[0].data.decode() == MESSAGE
        assert server.mails[0].sender == "eem@r1.example" and server.mails[0].recipients == ["noc@example.net"]
        assert server.sessions[0].lines[0] == "EHLO r1.example"
        assert server.sessions[0].lines[-1] == "QUIT"
    prefix = "%HA_EM-6-LOG: LINK : DEBUG(smtp_lib) : "
    assert traces[0] == ("%%HA_EM-6-LOG: fh_send_mail:  : DEBUG(smtp_lib) : <?xml version=\"1.0\" encoding=\"UTF-8\" ?>"
                         "<fh_smtp_args><fh_smtp_port>%d</fh_smtp_port><fh_smtp_secure>0</fh_smtp_secure></fh_smtp_args>"
                         % result["port"])
    assert traces[1] == prefix + "smtp_connect_attempt: 1"
    assert traces[2] == prefix + "smtp_read: 220 bad.example.test ESMTP"
    assert traces[3] == prefix + "smtp_write: EHLO r1.example"
    assert traces[-2] == prefix + "smtp_write: QUIT"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_each_mechanism_logs_in_inside_tls(helper, tls, root, mechanism):
    with BadSmtp(users={USER: PASSWORD}, mechanisms=[mechanism], needs_login=True, **tls) as server:
        result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        assert result["class"] == "OK", result
        assert result["auth"] == {"mech": mechanism, "user": USER}
        assert result["tls_verified"] and result["tls"]["version"].startswith("TLSv1.")
        server.settle()
        assert server.logins == [USER]
        assert server.sessions[0].clear == ["EHLO r1.example", "STARTTLS"]
    no_secrets(result, traces)
    assert any("smtp_write: AUTH %s" % mechanism in t for t in traces)
    assert any("<hidden>" in t for t in traces)


def test_implicit_tls(helper, tls, root):
    with BadSmtp(implicit=True, users={USER: PASSWORD}, **tls) as server:
        result, _ = helper.run(job(server.port, secure="smtps", trust=[root], user=USER, password=PASSWORD))
        assert result["class"] == "OK", result
        server.settle()
        assert server.sessions[0].clear == [] and server.mails[0].secure


def test_scram_is_preferred_and_plain_before_cram_md5(helper, tls, root):
    for offered, chosen in ((["CRAM-MD5", "LOGIN", "PLAIN", "SCRAM-SHA-1"], "SCRAM-SHA-1"),
                            (["CRAM-MD5", "LOGIN", "PLAIN"], "PLAIN"), (["CRAM-MD5", "LOGIN"], "LOGIN")):
        with BadSmtp(users={USER: PASSWORD}, mechanisms=offered, **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            assert result["auth"]["mech"] == chosen


def test_the_next_mechanism_after_534(helper, tls, root):
    """A server that refuses the mechanism has said nothing about the password."""
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256", "PLAIN"], at={"auth": [Refuse("534 5.7.9 too weak"), None]},
                 **tls) as server:
        result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        assert result["class"] == "OK" and result["auth"]["mech"] == "PLAIN", result
        assert [l.split()[1] for l in server.everything() if l.startswith("AUTH")] == ["SCRAM-SHA-256", "PLAIN"]
    no_secrets(result, traces)


def test_eight_bit_text_is_encoded_where_it_must_be(helper):
    message = MESSAGE.replace("us-ascii", "utf-8").replace(": 7bit", ": 8bit").replace("last line", "schöne Grüße")
    for offers, encoding in ((("8BITMIME",), "8bit"), ((), "quoted-printable")):
        with BadSmtp(offers=offers) as server:
            result, _ = helper.run(job(server.port, message=message))
            assert result["class"] == "OK"
            server.settle()
            mail = email.message_from_bytes(server.mails[0].data, policy=email.policy.default)
            assert mail["Content-Transfer-Encoding"] == encoding
            assert "schöne Grüße" in mail.get_content()
            line = [l for l in server.everything() if l.startswith("MAIL")][0]
            assert ("BODY=8BITMIME" in line) == bool(offers)


def test_a_server_that_knows_only_helo(helper):
    with BadSmtp(at={"ehlo": Say("502 5.5.1 what?")}) as server:
        result, _ = helper.run(job(server.port))
        assert result["class"] == "OK", result
        server.settle()
        assert server.sessions[0].lines[1] == "HELO r1.example"


def test_without_pipelining_and_with_many_recipients(helper):
    many = ["r%d@example.net" % i for i in range(130)]
    for offers in ((), ("PIPELINING",)):
        with BadSmtp(offers=offers) as server:
            result, _ = helper.run(job(server.port, recipients=many))
            assert result["class"] == "OK"
            server.settle()
            assert server.mails[0].recipients == many


def test_the_literal_of_our_end_stands_in_for_a_name(helper):
    with BadSmtp() as server:
        helper.run(job(server.port, helo=None))
        server.settle()
        assert server.sessions[0].lines[0] == "EHLO [127.0.0.1]"


def test_jobs_follow_one_another(helper):
    with BadSmtp() as server:
        first, second = job(server.port), job(server.port, host="127.0.0.1")
        helper.send(first)
        helper.send(second)
        assert helper.result(first["id"])[0]["class"] == "OK"
        assert helper.result(second["id"])[0]["class"] == "OK"


def test_a_second_address_is_tried(helper):
    with BadSmtp(address="127.0.0.1") as server:
        result, traces = helper.run(job(server.port, host="localhost"))
        assert result["class"] == "OK" and result["ip"] == "127.0.0.1", result
    assert "smtp_connect_attempt: 1" in traces[1]


# --- every phase: hang, drop, garbage -----------------------------------------------------------------

CLEAR = ["banner", "ehlo", "mail", "rcpt", "data", "dot"]
ACTIONS = {"hang": (Hang, "TIMEOUT"), "drop": (Drop, "CONNECTION_LOST"), "reset": (Reset, "CONNECTION_LOST"),
           "garbage": (Garbage, "PROTOCOL_ERROR"),
           "drip": (lambda: Drip(), "TIMEOUT"),
           "nul": (lambda: Raw(b"250 a\x00b\r\n"), "PROTOCOL_ERROR"),
           "mixed": (lambda: Raw(b"250-a\r\n251 b\r\n"), "PROTOCOL_ERROR"),
           "long line": (lambda: Flood(b"2" * 60000, 100), "PROTOCOL_ERROR"),
           "endless": (lambda: Flood(b"250-more\r\n", 100000), "PROTOCOL_ERROR"),
           "wrong code": (lambda: Say("399 strange"), "PROTOCOL_ERROR"),
           "no code": (lambda: Say("999 strange"), "PROTOCOL_ERROR")}


@pytest.mark.parametrize("pipelining", [False, True])
@pytest.mark.parametrize("what", list(ACTIONS))
@pytest.mark.parametrize("phase", CLEAR)
def test_trouble_in_the_clear(helper, phase, what, pipelining):
    action, class_ = ACTIONS[what]
    if what == "drip" and phase == "banner":
        action = lambda: Drip("220-still\r\n")  # noqa: E731
    offers = ("PIPELINING",) if pipelining else ()
    with BadSmtp(at={phase: action()}, offers=offers) as server:
        result, traces = helper.run(job(server.port, timeouts={phase: SHORT}))
        ended(result, class_, phase)
        assert result["unconfirmed"] == (phase == "dot" and what not in ("wrong code",))
        assert result["outcome"] == "deferred"
        assert not server.mails
        assert max(len(t) for t in traces) < 6000


@pytest.mark.parametrize("what", ["hang", "drop", "reset", "garbage"])
@pytest.mark.parametrize("phase", ["accept", "starttls", "tls", "ehlo2", "auth", "auth2"])
def test_trouble_around_tls(helper, tls, root, phase, what):
    action, class_ = ACTIONS[what]
    at = {"accept": "banner", "auth2": "auth"}.get(phase, phase)
    limit = {"tls": "starttls", "ehlo2": "ehlo"}.get(at, at)
    if phase == "tls" and what in ("garbage", "drop", "reset"):
        class_ = "CONNECTION_LOST" if what != "garbage" else "HANDSHAKE_FAILED"
    with BadSmtp(at={phase: action()}, users={USER: PASSWORD}, mechanisms=["LOGIN"], **tls) as server:
        result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD,
                                        timeouts={limit: SHORT}))
        ended(result, class_, at)
        server.settle()
        assert all(l.split(" ")[0] in ("EHLO", "STARTTLS") for s in server.sessions for l in s.clear)
    no_secrets(result, traces)


def test_the_whole_job_has_a_deadline(helper):
    with BadSmtp(at={"ehlo": Hang()}) as server:
        result, _ = helper.run(job(server.port, timeouts={"total": SHORT}))
        ended(result, "TIMEOUT", "ehlo")


def test_trouble_after_the_250_changes_nothing(helper):
    for action in (Hang(), Drop(), Reset(), Garbage(), Say("421 go away")):
        with BadSmtp(at={"quit": action}) as server:
            result, _ = helper.run(job(server.port, timeouts={"quit": SHORT}))
            assert result["class"] == "OK", (action, result)
    with BadSmtp(at={"dot": Inject("250 2.0.0 accepted", "550 no")}) as server:
        assert helper.run(job(server.port))[0]["class"] == "OK"


def test_a_server_that_stops_reading_the_text(helper):
    class Deaf(Hang):
        def run(self, session):
            session.wait_closed = lambda: wait_without_reading(session)
            session.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            return super().run(session)

    def wait_without_reading(session):
        session.server.released.wait(20)
    import threading
    with BadSmtp(at={"body": Deaf()}, offers=()) as server:
        server.released = threading.Event()
        text = MESSAGE + "x" * 70 + "\r\n"
        result, _ = helper.run(job(server.port, message=text + ("y" * 70 + "\r\n") * 120000, timeouts={"body": SHORT}))
        server.released.set()
        ended(result, "TIMEOUT", "body")


# --- refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase, class_", [("banner", "BANNER_REJECTED"), ("ehlo", "HELO_REJECTED"),
                                           ("mail", "SENDER_REJECTED"), ("rcpt", "RECIPIENT_REJECTED"),
                                           ("data", "DATA_REJECTED"), ("dot", "MESSAGE_REJECTED")])
@pytest.mark.parametrize("pipelining", [False, True])
def test_refusals_follow_their_code(helper, phase, class_, pipelining):
    for text, code, outcome in (("450 4.3.2 come back", 450, "deferred"), ("550 5.3.2 never", 550, "held"),
                                ("554-5.3.2 never\n554 5.3.2 I said", 554, "held"), ("421 4.3.2 closing", 421, "deferred")):
        with BadSmtp(at={phase: Say(text)}, offers=("PIPELINING",) if pipelining else ()) as server:
            result, _ = helper.run(job(server.port))
            ended(result, class_, phase)
            assert result["reply"]["code"] == code and result["outcome"] == outcome
            assert result["reply"]["enhanced"] == text.replace("-", " ").split()[1]
            assert not server.mails


def test_each_recipient_has_its_own_result(helper):
    at = {"rcpt": [None, Say("550 5.1.1 unknown"), Say("451 4.7.1 greylisted")]}
    for offers in ((), ("PIPELINING",)):
        with BadSmtp(at=at, offers=offers) as server:
            result, _ = helper.run(job(server.port, recipients=["a@x.example", "b@x.example", "c@x.example"]))
            assert [(r["class"], r["reply"]["code"]) for r in result["recipients"]] == [
                ("OK", 250), ("RECIPIENT_REJECTED", 550), ("RECIPIENT_REJECTED", 451)]
            assert (result["class"], result["phase"]) == ("RECIPIENT_REJECTED", "rcpt")
            server.settle()
            assert server.mails[0].recipients == ["a@x.example"]


def test_data_without_recipients_sends_nothing(helper):
    with BadSmtp(at={"rcpt": Say("550 5.1.1 no"), "data": Say("354 go on")}, offers=("PIPELINING",)) as server:
        result, _ = helper.run(job(server.port))
        ended(result, "RECIPIENT_REJECTED", "rcpt")
        server.settle()
        assert "first line" not in server.everything()


def test_a_message_over_the_servers_size_is_not_sent(helper):
    with BadSmtp(offers=("SIZE 100",)) as server:
        result, _ = helper.run(job(server.port))
        ended(result, "MESSAGE_TOO_BIG", "mail")
        server.settle()
        assert not any(l.startswith("MAIL") for l in server.everything())


def test_a_reason_given_while_the_text_is_sent(helper):
    class Enough(Say):
        def run(self, session):
            for _ in range(100):
                session.line()
            return super().run(session)
    with BadSmtp(at={"body": Enough("552 5.3.4 too much", close=True)}, offers=()) as server:
        text = MESSAGE + ("y" * 70 + "\r\n") * 60000
        result, _ = helper.run(job(server.port, message=text))
        # The reset that follows may overtake the reason.
        assert result["class"] in ("MESSAGE_REJECTED", "CONNECTION_LOST"), result
        assert result["phase"] in ("body", "dot")
        assert not server.mails


def test_the_sender_must_belong_to_the_account(helper, tls, root):
    refusal = Say("553 5.7.1 <eem@r1.example>: Sender address rejected: not owned by user bob")
    for phase, class_ in (("mail", "SENDER_REJECTED"), ("rcpt", "RECIPIENT_REJECTED")):
        with BadSmtp(at={phase: refusal}, users={USER: PASSWORD}, **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            ended(result, class_, phase)
            assert result["hint"] == "the From address must belong to the account " + USER


# --- STARTTLS -----------------------------------------------------------------------------------------


def test_starttls_demanded_and_not_offered(helper, root):
    with BadSmtp(users={USER: PASSWORD}) as server:
        result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        ended(result, "TLS_NOT_OFFERED", "starttls")
        server.settle()
        assert server.everything() == ["EHLO r1.example", "QUIT"]


def test_starttls_refused(helper, tls, root):
    for text, outcome in (("454 4.7.0 not now", "deferred"), ("502 5.5.1 no", "held")):
        with BadSmtp(at={"starttls": Say(text)}, **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root]))
            ended(result, "TLS_REFUSED", "starttls")
            assert result["outcome"] == outcome
    with BadSmtp(at={"starttls": Say("454 4.7.0 not now")}, **tls) as server:
        assert helper.run(job(server.port))[0]["class"] == "OK"
        assert not server.mails[0].secure


def test_octets_behind_the_220_to_starttls(helper, tls, root):
    with BadSmtp(at={"starttls": Inject("220 go ahead", "250-AUTH PLAIN\r\n250 ok")}, users={USER: PASSWORD}, **tls) as server:
        result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        ended(result, "STARTTLS_INJECTION", "starttls")
        server.settle()
        assert server.sessions[0].lines == ["EHLO r1.example", "STARTTLS"]


def test_no_way_back_to_the_clear(helper, tls):
    with BadSmtp(at={"tls": Garbage()}, **tls) as server:
        result, _ = helper.run(job(server.port))
        ended(result, "HANDSHAKE_FAILED", "tls")
        server.settle()
        assert all(s.lines == ["EHLO r1.example", "STARTTLS"] for s in server.sessions)


@pytest.mark.parametrize("certificate, class_", [("ip", "OK"), ("untrusted", "CERT_UNTRUSTED"), ("expired", "CERT_EXPIRED"),
                                                 ("leaf", "CERT_NAME_MISMATCH")])
def test_the_certificate_decides(helper, pki, root, certificate, class_):
    chain = "chain.pem" if certificate == "leaf" else certificate + "-chain.pem"
    with BadSmtp(cert=pki.path(chain), key=pki.path(certificate + "-key.pem"), users={USER: PASSWORD}) as server:
        result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        assert result["class"] == class_, result
        server.settle()
        if class_ == "OK":
            return
        ended(result, class_, "tls")
        assert result["outcome"] == "held" and not server.logins
        assert server.sessions[0].lines == ["EHLO r1.example", "STARTTLS"]
    no_secrets(result, traces)


def test_nothing_is_trusted_without_trustpoints(helper, tls):
    with BadSmtp(**tls) as server:
        result, _ = helper.run(job(server.port, secure="tls"))
        ended(result, "CERT_UNTRUSTED", "tls")


# --- AUTH ---------------------------------------------------------------------------------------------


def test_no_password_in_the_clear(helper, tls):
    with BadSmtp(users={USER: PASSWORD}) as server:
        result, traces = helper.run(job(server.port, user=USER, password=PASSWORD))
        ended(result, "AUTH_NEEDS_TLS", "auth")
        server.settle()
        assert server.everything() == ["EHLO r1.example", "QUIT"]
    with BadSmtp(users={USER: PASSWORD}, **tls) as server:  # encrypted, but with whom?
        result, traces = helper.run(job(server.port, user=USER, password=PASSWORD))
        ended(result, "AUTH_NEEDS_TLS", "auth")
        assert not server.logins
    no_secrets(result, traces)


def test_the_explicit_permission(helper):
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["PLAIN", "CRAM-MD5"]) as server:
        result, traces = helper.run(job(server.port, user=USER, password=PASSWORD, cleartext_auth=True))
        assert result["class"] == "OK" and result["auth"]["mech"] == "CRAM-MD5"
    no_secrets(result, traces)


def test_auth_not_offered_after_tls(helper, tls, root):
    with BadSmtp(**tls) as server:
        result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        ended(result, "AUTH_NOT_OFFERED", "auth")
        assert not server.mails


def test_no_common_mechanism(helper, tls, root):
    with BadSmtp(users={USER: PASSWORD}, mechanisms=["NTLM", "GSSAPI"], **tls) as server:
        result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        ended(result, "AUTH_NO_COMMON_MECH", "auth")
        assert "NTLM GSSAPI" in result["detail"] and "PLAIN" in result["detail"]


def test_a_wrong_password_is_tried_once(helper, tls, root):
    for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"):
        with BadSmtp(users={USER: "other"}, mechanisms=[mechanism, "LOGIN"], **tls) as server:
            result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            ended(result, "AUTH_FAILED", "auth")
            assert result["reply"]["code"] == 535 and result["outcome"] == "held"
            server.settle()
            assert len([l for l in server.everything() if l.startswith("AUTH")]) == 1
        no_secrets(result, traces)


def test_a_temporary_failure_of_auth(helper, tls, root):
    with BadSmtp(users={USER: PASSWORD}, at={"auth_ok": Say("454 4.7.0 try later")}, **tls) as server:
        result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
        ended(result, "AUTH_TEMPFAIL", "auth")
        assert result["outcome"] == "deferred"


def test_a_scram_server_must_know_the_password(helper, tls, root):
    for lies in (True, "silent"):
        with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256"], lies=lies, **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            ended(result, "AUTH_FAILED", "auth")
            assert "server does not know the password" in result["detail"]
            assert not server.mails


def test_scram_iterations_have_bounds(helper, tls, root):
    for count in (1, 4095, 2000000000):
        with BadSmtp(users={USER: PASSWORD}, mechanisms=["SCRAM-SHA-256"], iterations=count, **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            ended(result, "AUTH_FAILED", "auth")
            assert "iteration" in result["detail"]


def test_a_server_that_repeats_the_password(helper, tls, root):
    for text in ("535 5.7.8 wrong password %s for %s" % (PASSWORD, USER), "535 5.7.8 %s" % SECRETS[2]):
        with BadSmtp(users={USER: PASSWORD}, at={"auth_ok": Say(text)}, **tls) as server:
            result, traces = helper.run(job(server.port, secure="tls", trust=[root], user=USER, password=PASSWORD))
            ended(result, "AUTH_FAILED", "auth")
        no_secrets(result, traces)


def test_odd_credentials_arrive_as_they_are(helper, tls, root):
    user, password = "us er@dom=a,in", "p:a@ss wörd%20\\\"'"
    for mechanism in ("PLAIN", "LOGIN", "SCRAM-SHA-256"):
        with BadSmtp(users={user: password}, mechanisms=[mechanism], **tls) as server:
            result, _ = helper.run(job(server.port, secure="tls", trust=[root], user=user, password=password))
            assert result["class"] == "OK", result


# --- before the first octet -----------------------------------------------------------------------------


def test_nobody_listens(helper):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        result, traces = helper.run(job(s.getsockname()[1]))
    ended(result, "CONNECT_REFUSED", "connect")
    assert traces[-1] == "%HA_EM-6-LOG: LINK : DEBUG(smtp_lib) : fh_smtp_connect failed at attempt 1"


def test_nobody_answers(helper):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        fill = []
        for _ in range(3):  # a full backlog drops the next SYN
            c = socket.socket()
            c.setblocking(False)
            c.connect_ex(s.getsockname())
            fill.append(c)
        result, traces = helper.run(job(s.getsockname()[1], timeouts={"connect": SHORT}))
        for c in fill:
            c.close()
    ended(result, "CONNECT_TIMEOUT", "connect")
    assert any("callback timer is awake" in t for t in traces)


def test_no_such_host(helper):
    result, _ = helper.run(job(25, host="no-such-host.invalid", timeouts={"dns": 8000}))
    assert result["phase"] == "dns"
    assert result["class"] in ("DNS_NXDOMAIN", "DNS_FAILED", "TIMEOUT")


def test_sources(helper):
    with BadSmtp() as server:
        result, _ = helper.run(job(server.port, source_address="127.0.0.9"))
        assert result["class"] == "OK" and result["local_ip"] == "127.0.0.9"
        result, _ = helper.run(job(server.port, source_interface="lo"))
        assert result["class"] == "OK" and result["local_ip"] == "127.0.0.1"
        result, _ = helper.run(job(server.port, source_interface="none0"))
        ended(result, "SOURCE_UNAVAILABLE", "connect")
        result, _ = helper.run(job(server.port, source_address="192.0.2.99"))
        ended(result, "SOURCE_UNAVAILABLE", "connect")


def test_a_user_without_password(helper):
    result, _ = helper.run(job(25, user=USER))
    ended(result, "NO_PASSWORD", "config")


# --- the process ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["ehlo", "tls", "ehlo2", "dot"])
def test_cancel_ends_a_job_under_way(helper, tls, root, phase):
    with BadSmtp(at={phase: Hang()}, **tls) as server:
        slow = job(server.port, secure="tls", trust=[root], debug=DEBUG_MAIL)  # nobody reads meanwhile
        waiting = job(server.port)
        helper.send(slow)
        assert tree.wait_for(lambda: server.sessions and phase in server.sessions[0].seen)
        helper.send(waiting)
        helper.send({"type": "cancel", "id": waiting["id"]})
        helper.send({"type": "cancel", "id": 999999})
        helper.send({"type": "cancel", "id": slow["id"]})
        result, _ = helper.result(slow["id"])
        ended(result, "CANCELLED", phase)
        assert helper.result(waiting["id"])[0]["class"] == "CANCELLED"
    with BadSmtp() as server:
        assert helper.run(job(server.port))[0]["class"] == "OK"


def test_it_ends_with_its_standard_input():
    with BadSmtp(at={"ehlo": Hang()}) as server:
        helper = MailHelper()
        helper.send(job(server.port))
        assert tree.wait_for(lambda: server.sessions and "ehlo" in server.sessions[0].seen)
        assert helper.close() == 0


@pytest.mark.parametrize("change", [{"version": 2}, {"recipients": ["a@b\r\nRCPT TO:<c@d>"]}, {"from": "a b"}, {"port": 70000},
                                    {"recipients": []}, {"secure": "maybe"}, {"helo": "x\r\ny"}, {"host": "a b"}, {"id": "x"}])
def test_a_job_that_makes_no_sense_is_answered(helper, change):
    wrong = dict(job(25), **change)
    helper.send(wrong)
    result, _ = helper.result(wrong["id"] if isinstance(wrong["id"], int) else 0)
    assert result["class"] == "HELPER_FAILED" and result["detail"]


def test_no_core_file_and_no_reader_of_its_memory(helper):
    with open("/proc/%d/limits" % helper.process.pid) as f:
        # Hardening is the first thing it does; a first answer proves that it is past that.
        helper.run(job(25, user=USER))
        line = [l for l in f.read().splitlines() if l.startswith("Max core file size")][0]
    assert line.split()[4] == "0"


def test_the_test_verb_sends_no_mail(helper, tls, root):
    with BadSmtp(users={USER: PASSWORD}, **tls) as server:
        common = dict(secure="tls", trust=[root], user=USER, password=PASSWORD, verb="test", message=None)
        result, _ = helper.run(job(server.port, **dict(common, **{"from": None, "recipients": None})))
        assert result["class"] == "OK" and result["capabilities"]
        server.settle()
        assert not any(l.startswith("MAIL") for l in server.everything())
        result, _ = helper.run(job(server.port, **common))
        assert result["class"] == "OK"
        server.settle()
        assert "RSET" in server.everything() and "DATA" not in server.everything() and not server.mails


# --- a real server ----------------------------------------------------------------------------------------


def test_postfix_takes_it_on_every_way(helper, new_mailhost, root):
    host = new_mailhost(cert="ip-chain.pem")
    common = dict(trust=[root], recipients=["noc@example.test"])
    for user, password in host.users.items():
        login = dict(user=user, password=password, **{"from": user if "@" in user else user + "@example.test"})
        for secure, port in (("tls", host.submission), ("smtps", host.smtps)):
            result, traces = helper.run(job(port, secure=secure, **login, **common))
            assert result["class"] == "OK", result
            assert password not in "\n".join(traces)
    result, _ = helper.run(job(host.smtp, **common))
    assert result["class"] == "OK", result
    body = host.wait_mail(2 * len(host.users) + 1)[0].get_content()
    assert body == "first line\n.a line with a dot\n.\nlast line\n"


def test_postfix_refuses_each_in_its_way(helper, new_mailhost, root):
    host = new_mailhost(cert="ip-chain.pem")
    user, password = list(host.users.items())[0]
    secure = dict(secure="tls", trust=[root])
    result, _ = helper.run(job(host.submission, user=user, password=password + "x", **secure))
    assert (result["class"], result["phase"]) == ("AUTH_FAILED", "auth")
    result, _ = helper.run(job(host.submission, **secure))
    assert result["phase"] in ("mail", "rcpt") and result["outcome"] == "held"
    result, _ = helper.run(job(host.smtp, recipients=["ok@example.test", "refused@example.test", "later@example.test"]))
    assert [(r["class"], r["reply"]["code"]) for r in result["recipients"]] == [
        ("OK", 250), ("RECIPIENT_REJECTED", 550), ("RECIPIENT_REJECTED", 451)]
