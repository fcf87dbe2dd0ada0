"""A session that stays open for the next mail to the same place: who may share it, how it ends, and that nothing is lost or told
twice when it does."""

import re
import time

import pytest

import tree
from badsmtp import BadSmtp, Drop, Hang, Inject, Reset, Say
from mailhelper import DEBUG_ALL, MailHelper
from mailhelper import job as traced_job

USER, PASSWORD = "bob@example.net", "correct-horse-battery"


def job(port, **more):
    """One that is not traced: those that are share no session."""
    return traced_job(port, **dict({"debug": 0}, **more))


@pytest.fixture
def helper(tmp_path):
    with MailHelper(env=tree.vrfs(tmp_path, "lo")) as h:
        yield h
        assert h.close() == 0


def events(helper):
    return [e["what"] for e in helper.events]


def words(session):
    return [line.split(" ")[0].split(":")[0].upper() for line in session.lines]


# --- one session, several mails ------------------------------------------------------------------------


def test_the_second_mail_needs_no_connection_of_its_own(helper, tls, root):
    with BadSmtp(users={USER: PASSWORD}, needs_login=True, **tls) as server:
        mail = dict(secure="tls", trust=[root], user=USER, password=PASSWORD, messages=50)
        first, _ = helper.run(job(server.port, **mail))
        second, _ = helper.run(job(server.port, **mail))
        assert first["result"] == second["result"] == "SUCCESS"
        assert tree.wait_for(lambda: len(server.mails) == 2)
        assert len(server.sessions) == 1 and server.logins == [USER]
        assert events(helper) == ["connected", "tls", "start", "reused", "start"]
        # What is known of the session is known of the second mail too.
        for key in ("ip", "local_ip", "helo", "tls", "tls_verified", "auth", "capabilities"):
            assert second[key] == first[key] and second[key], key
        assert second["flows"] == first["flows"]
        hop, before = second["hops"][0], first["hops"][0]
        assert hop.pop("reused") and not before.pop("reused", False)
        assert hop == before
        assert [s["phase"] for s in second["steps"]] == ["mail", "rcpt", "data", "body", "dot"]
        assert words(server.sessions[0]).count("EHLO") == 2 and "RSET" in words(server.sessions[0])  # before STARTTLS and behind it
        # Nobody comes any more: it ends in order.
        assert server.settle()
        assert words(server.sessions[0])[-1] == "QUIT"
        assert words(server.sessions[0]).count("MAIL") == 2


def test_the_limit_of_the_profile(helper):
    with BadSmtp() as server:
        for _ in range(7):
            assert helper.run(job(server.port, messages=3))[0]["result"] == "SUCCESS"
        server.settle()
        assert [words(s).count("MAIL") for s in server.sessions] == [3, 3, 1]
        assert [words(s)[-1] for s in server.sessions] == ["QUIT"] * 3


@pytest.mark.parametrize("messages", [0, 1])
def test_one_mail_a_session(helper, messages):
    with BadSmtp() as server:
        for _ in range(2):
            result, _ = helper.run(job(server.port, messages=messages))
            assert not result["kept"] and result["steps"][-1]["phase"] == "quit"
        assert [words(s)[-1] for s in server.sessions] == ["QUIT"] * 2


def test_a_refused_mail_leaves_the_session_to_the_next(helper):
    with BadSmtp(at={"rcpt": [Say("550 5.1.1 no such user"), None, Say("450 4.2.0 later"), None]}) as server:
        refused, _ = helper.run(job(server.port, messages=50))
        partly, _ = helper.run(job(server.port, messages=50, recipients=["a@x.test", "b@x.test"]))
        good, _ = helper.run(job(server.port, messages=50))
        assert [r["class"] for r in (refused, partly, good)] == ["RECIPIENT_REJECTED", "RECIPIENT_REJECTED", "OK"]
        assert [r["class"] for r in partly["recipients"]] == ["OK", "RECIPIENT_REJECTED"]
        assert len(server.sessions) == 1 and words(server.sessions[0]).count("RSET") == 2
        assert tree.wait_for(lambda: [m.recipients for m in server.mails] == [["a@x.test"], ["noc@example.net"]])


# --- who may share it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [
    dict(user="eve@example.net"), dict(password="another"), dict(helo="r2.example"), dict(tls_minimum=13), dict(legacy_cn=True),
    dict(trust="other"), dict(mechanisms="LOGIN"), dict(source_address="127.0.0.1"), dict(host="127.0.0.2"), dict(cleartext_auth=True),
    dict(keep_secrets=True), dict(secure="opportunistic"), dict(vrf="lo"),
], ids=lambda c: next(iter(c)))
def test_who_demands_something_else_gets_another(helper, tls, root, pki, change):
    if change.get("trust"):
        change = {"trust": [root, pki.path("intermediate.pem")]}
    with BadSmtp(users={USER: PASSWORD, "eve@example.net": PASSWORD}, address="0.0.0.0", **tls) as server:
        mail = dict(secure="tls", trust=[root], user=USER, password=PASSWORD, messages=50)
        assert helper.run(job(server.port, **mail))[0]["kept"]
        again = dict(mail, **change)
        result, _ = helper.run(job(server.port, **again))
        assert len(server.sessions) == 2 and "reused" not in events(helper)
        assert result["hops"][0].get("reused") is not True
        assert tree.wait_for(lambda: words(server.sessions[0])[-1] == "QUIT")  # before the other began


HOP = {"host": "mail.example.test", "addresses": ["127.0.0.1"], "domain": "example.net", "tls": "verify", "names": ["mail.example.test"]}


@pytest.mark.parametrize("change", [
    dict(domain="example.com"), dict(tls="required"), dict(names=["mail.example.test", "example.net"]),
    dict(sts_domain="example.net", tls="sts"), dict(sts_domain="example.net", sts_testing=True), dict(dane_success=True),
    dict(host="localhost"),
], ids=lambda c: next(iter(c)))
def test_what_the_host_has_to_prove_divides_sessions(helper, pki, root, change):
    with BadSmtp(cert=pki.path("chain.pem"), key=pki.path("leaf-key.pem")) as server:
        hop = dict(HOP, port=server.port)
        mail = dict(host="example.net", direct=True, trust=[root], messages=50)
        assert helper.run(job(server.port, hops=[hop], **mail))[0]["kept"]
        helper.run(job(server.port, hops=[dict(hop, **change)], **mail))
        assert "reused" not in events(helper)


def test_an_address_that_is_not_the_host_s_any_more(helper):
    with BadSmtp(address="0.0.0.0") as server:
        for addresses in (["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.2"]):
            hop = {"host": "mx.example.net", "port": server.port, "domain": "example.net", "tls": "preferred", "addresses": addresses}
            assert helper.run(job(server.port, host="example.net", direct=True, hops=[hop], messages=50))[0]["result"] == "SUCCESS"
        assert events(helper) == ["connected", "start", "reused", "start", "connected", "start"]


def test_a_test_is_a_session_of_its_own(helper):
    with BadSmtp() as server:
        assert helper.run(job(server.port, messages=50))[0]["kept"]
        result, _ = helper.run(job(server.port, messages=50, verb="test", message=None))
        assert result["result"] == "SUCCESS" and len(server.sessions) == 2 and words(server.sessions[1])[-1] == "QUIT"


def test_a_mail_that_is_traced_has_a_session_of_its_own(helper):
    """From its connection to its QUIT: a trace that begins in the middle says nothing."""
    with BadSmtp() as server:
        assert helper.run(job(server.port, messages=50))[0]["kept"]
        result, traces = helper.run(job(server.port, messages=50, debug=DEBUG_ALL))
        assert result["result"] == "SUCCESS" and not result.get("kept")
        assert any("smtp_read: 220" in line for line in traces) and any("smtp_read: 221" in line for line in traces)
        assert len(server.sessions) == 2


# --- the server ends it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [
    {"rset": [Drop()]}, {"rset": [Reset()]}, {"rset": [Hang()]}, {"rset": [Say("421 4.4.2 idle for too long", close=True)]},
    {"rset": [Say("502 5.5.1 never heard of")]}, {"rset": [Inject("250 ok", "250 more")]},
    {"mail": [None, Say("421 4.7.0 enough mails", close=True)]}, {"mail": [None, Say("452 4.5.3 enough mails for one session")]},
    {"mail": [None, Say("503 5.5.1 one mail a session")]}, {"mail": [None, Drop()]},
    {"rcpt": [None, Drop()]}, {"rcpt": [None, Say("421 4.3.2 going down", close=True)]}, {"data": [None, Reset()]},
], ids=lambda at: "-".join([next(iter(at)), type(at[next(iter(at))][-1]).__name__, getattr(at[next(iter(at))][-1], "text", "")[:3]]))
@pytest.mark.parametrize("offers", [("PIPELINING", "8BITMIME"), ("8BITMIME",)], ids=["pipelining", "in turn"])
def test_a_session_that_fails_before_the_text_is_no_attempt(helper, at, offers):
    with BadSmtp(at=at, offers=offers) as server:
        assert helper.run(job(server.port, messages=50))[0]["kept"]
        result, _ = helper.run(job(server.port, messages=50))
        assert result["result"] == "SUCCESS" and "failed" not in events(helper)
        assert [r["class"] for r in result["recipients"]] == ["OK"]
        assert tree.wait_for(lambda: len(server.mails) == 2) and len(server.sessions) == 2
        what = events(helper)
        assert "connected" in what[what.index("reused"):], what
        assert result["hops"][0].get("reused") is not True and len(result["flows"]) == 2
        # The new one is as good as any, and ends as the first did.
        assert result["kept"] and helper.run(job(server.port, messages=50))[0]["result"] == "SUCCESS"
        assert tree.wait_for(lambda: len(server.mails) == 3)


def test_a_server_that_closes_behind_every_second_mail(helper):
    with BadSmtp(at={"dot": [None, Say("250 2.0.0 accepted, and good bye", close=True)]}) as server:
        for _ in range(5):
            assert helper.run(job(server.port, messages=50))[0]["result"] == "SUCCESS"
            time.sleep(0.05)  # its end arrives
        assert [words(s).count("MAIL") for s in server.sessions] == [2, 2, 1]


@pytest.mark.parametrize("at, phase, unconfirmed", [({"dot": [None, Drop()]}, "dot", True), ({"body": [None, Drop()]}, "body", None)],
                         ids=["dot", "body"])
def test_behind_the_text_there_is_no_second_try(helper, at, phase, unconfirmed):
    with BadSmtp(at=at) as server:
        assert helper.run(job(server.port, messages=50))[0]["kept"]
        result, _ = helper.run(job(server.port, messages=50))
        assert result["class"] == "CONNECTION_LOST" and len(server.sessions) == 1
        if unconfirmed:
            assert result["phase"] == "dot" and result["unconfirmed"]


def test_who_says_more_than_was_asked_gets_no_further_mail(helper):
    with BadSmtp(at={"dot": Inject("250 ok", "250 for the next one")}) as server:
        for _ in range(2):
            result, _ = helper.run(job(server.port, messages=50))
            assert result["result"] == "SUCCESS" and not result["kept"]
        assert len(server.sessions) == 2


def test_a_cancelled_mail_leaves_nothing_open(helper):
    with BadSmtp(at={"mail": [None, Hang()]}) as server:
        assert helper.run(job(server.port, messages=50))[0]["kept"]
        hanging = job(server.port, messages=50)
        helper.send(hanging)
        assert tree.wait_for(lambda: words(server.sessions[0]).count("MAIL") == 2)
        helper.send({"type": "cancel", "id": hanging["id"]})
        result, _ = helper.result(hanging["id"])
        assert result["class"] == "CANCELLED" and not result["kept"] and len(server.sessions) == 1
        assert helper.run(job(server.port, messages=50))[0]["result"] == "SUCCESS" and len(server.sessions) == 2


# --- the engine and a real server --------------------------------------------------------------------------

HOST = "mail.example.test"


@pytest.fixture
def router(new_daemon, mailhost, root):
    d = new_daemon(hosts="127.0.0.1 " + HOST, settings={"mail": {"max-parallel": 1}},
                   config=["event manager applet LOAD", " event none sync yes maxrun 120", " action 1 set n 0", " action 2 while $n lt 6",
                           ' action 3  mail server "username:password@%s" to "noc@example.test" from "eem@example.test" subject "alarm $n" '
                           'body "x" port %d secure tls' % (HOST, mailhost.submission), " action 4  increment n", " action 5 end"])
    d.authenticate("ROOT", root)
    d.host = mailhost
    return d


def lines(router, pattern):
    return re.findall(pattern, router.show("show mail log"), re.M)


def test_several_messages_in_one_delivery_connection(router):
    assert router.run("LOAD").code == 0
    router.host.wait_mail(6)
    dcid, = lines(router, r"New SMTP DCID (\d+) ")
    assert len(lines(router, r"DCID %s TLS success protocol" % dcid)) == 1
    assert lines(router, r"Delivery start DCID (\d+) MID \d+ to RID \[0\]") == [dcid] * 6
    started, finished = lines(router, r"Delivery start DCID \d+ MID (\d+)"), lines(router, r"Message finished MID (\d+) done")
    assert len(set(started)) == 6 and sorted(started) == sorted(finished)
    # As the server saw it.
    assert tree.wait_for(lambda: re.search(r"submission|smtpd.*disconnect from .* quit=1", router.host.log()))
    log = router.host.log()
    assert len(re.findall(r"smtpd\[\d+\]: connect from ", log)) - len(re.findall(r"lost connection after CONNECT", log)) == 1, log
    assert re.search(r"disconnect from \S+ ehlo=2 starttls=1 auth=1 mail=6 rcpt=6 data=6 rset=5 quit=1", log), log


@pytest.mark.parametrize("limit, sessions", [(1, 6), (2, 3), (4, 2)])
def test_the_profile_limits_the_messages_of_a_connection(router, limit, sessions):
    router.configure("mail destination default messages %d" % limit)
    assert router.run("LOAD").code == 0
    router.host.wait_mail(6)
    assert len(lines(router, r"New SMTP DCID (\d+) ")) == sessions


def test_a_server_that_was_started_anew_meanwhile(router):
    """The connection is gone, and nobody notices but the log."""
    assert router.run("LOAD").code == 0
    router.host.reload()  # the processes with connections end when they are idle
    for process in router.host.processes[1:]:
        process.terminate()
        process.wait(10)
        router.host.processes.remove(process)
    router.host.spawn(router.host.tree + "/usr/lib/postfix/sbin/master", "-c", router.host.run + "/conf", "-d")
    assert tree.wait_for(router.host.is_ready, 30)
    assert router.run("LOAD").code == 0
    router.host.wait_mail(12)
    attempts = [m for m in router.json("show mail queue")["messages"]]
    assert attempts == [] and "failed" not in router.show("show mail log")


def test_while_failures_are_recorded_each_mail_has_its_own_session(router):
    """The packets of a failure begin with a handshake of their own, and have nothing of other mails in them."""
    router.configure("event manager mail capture-on-failure")
    assert router.run("LOAD").code == 0
    router.host.wait_mail(6)
    assert len(lines(router, r"New SMTP DCID (\d+) ")) == 6


def test_a_stop_takes_its_leave(new_daemon):
    d = new_daemon()
    with BadSmtp() as server:
        d.configure("event manager applet ONE", "event none sync yes",
                    'action 1 mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "s" body "b" port %d' % server.port)
        assert d.run("ONE").code == 0
        d.stop()
        assert server.settle() and words(server.sessions[0])[-1] == "QUIT"
