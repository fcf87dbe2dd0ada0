"""Mails whose recipients have several destinations: one part each, and a recipient keeps its rank (RID) in all that is shown; and
what commands of the queue say."""

import re

import tree
from badsmtp import BadSmtp, Say

TO = "a@x.test,b@y.test,c@x.test,d@z.test"


def split(ports):
    """Routes take each domain to a server of its own."""
    return ["mail bounce-profile QUIET no-bounces", "mail destination default bounce-profile QUIET"] + ["mail route %s.test 127.0.0.1:%d" % route for route in zip("xyz", ports)] + [
        "event manager applet A", "event none sync yes",
        'action 1 mail server "USEDNS" to "%s" from "eem@r1.test" subject "s" body "b"' % TO, "exit"]


def test_a_recipient_keeps_its_rank(new_daemon):
    """x has its part at once, y later, z refuses for good: all of it stays to be seen, and the head counts one mail."""
    with BadSmtp() as x, BadSmtp(at={"mail": Say("451 4.3.0 later")}) as y, BadSmtp(at={"rcpt": Say("550 5.1.1 nobody")}) as z:
        daemon = new_daemon(config=split((x.port, y.port, z.port)))
        daemon.run("A")
        assert tree.wait_for(lambda: daemon.json("show mail queue")["messages"][:1] and {
            p["state"] for p in daemon.json("show mail queue")["messages"][0]["parts"]} == {"done", "deferred", "failed"}, 20), (
                daemon.show("show mail queue detail"))
        shown = daemon.json("show mail queue detail")
        mail = [m for m in shown["messages"] if m["kind"] == "mail"][0]
        assert [(r["rid"], r["mailbox"], r["state"]) for r in mail["recipients"]] == [
            (0, "a@x.test", "sent"), (1, "b@y.test", "waiting"), (2, "c@x.test", "sent"), (3, "d@z.test", "failed")]
        assert mail["state"] == "deferred" and mail["class"] == "SENDER_REJECTED"
        assert [(p["rids"], p["state"], len(p["attempts"])) for p in mail["parts"]] == [
            ([0, 2], "done", 1), ([1], "deferred", 1), ([3], "failed", 1)]
        assert shown["deferred"] == 1 and shown["failed"] == 0, "mails are counted, not their parts"
        text = daemon.show("show mail queue detail")
        for line in (r"^    RID \[0\] a@x.test sent: 250 ", r"^    RID \[1\] b@y.test waiting: 451 ", r"^    RID \[2\] c@x.test sent: 250 ",
                     r"^    RID \[3\] d@z.test failed: 550 5.1.1 nobody$", r"^1 +done .*x\.test  a@x\.test, c@x\.test$"):
            assert re.search(line, text, re.M), (line, text)
        assert text.count("Message-ID " + mail["message_id"]) == 1
        log = daemon.show("show mail log")
        assert re.search(r"Delivery start DCID \d+ MID 1 to RID \[0, 2\]$", log, re.M), log
        assert re.search(r"Delivery start DCID \d+ MID 1 to RID \[1\]$", log, re.M)
        assert re.search(r"Bounced: MID 1 to RID 3 - RECIPIENT_REJECTED \('550', \['5.1.1 nobody'\]\)$", log, re.M)
        daemon.stop()
        daemon.start()
        again = [m for m in daemon.json("show mail queue detail")["messages"] if m["mid"] == 1][0]
        assert again["recipients"] == mail["recipients"] and [p["state"] for p in again["parts"]] == ["done", "deferred", "failed"]
        y.at.clear()
        daemon.ctl("mail queue flush id 1")
        daemon.wait_show("show mail queue", r"^1 +done .*\n1 +done .*y\.test .*\n1 +failed")
        assert "1 mail tried anew" in daemon.show("mail queue retry id 1")
        z.at.clear()
        daemon.ctl("mail queue retry id 1")
        assert tree.wait_for(lambda: not [m for m in daemon.json("show mail queue")["messages"] if m["mid"] == 1], 20), (
            daemon.show("show mail queue detail"))
        assert re.search("Message finished MID 1 done$", daemon.show("show mail log"), re.M)
        for server, to in ((x, ["a@x.test", "c@x.test"]), (y, ["b@y.test"]), (z, ["d@z.test"])):
            server.settle()
            assert [m.recipients for m in server.mails if m.sender] == [to]


def test_parts_that_end_together_finish_the_mail_once(new_daemon):
    with BadSmtp() as x, BadSmtp() as y, BadSmtp() as z:
        daemon = new_daemon(config=split((x.port, y.port, z.port)))
        for mid in range(1, 6):
            assert daemon.run("A").code == 0
            assert tree.wait_for(lambda: daemon.json("show mail queue")["messages"] == [], 20)
            assert len(re.findall("Message finished MID %d done$" % mid, daemon.show("show mail log"), re.M)) == 1


def test_a_digest_is_made_when_the_command_answers(new_daemon):
    """The next command of the same script finds it."""
    with BadSmtp() as dead:
        port = dead.port
    lines = []
    for name in "AB":
        lines += ["event manager applet " + name, "event none sync yes",
                  'action 1 mail server "127.0.0.1" to "%s@x.test" from "d@x.test" subject "s" body "b" port %d' % (name, port), "exit"]
    daemon = new_daemon(config=lines)
    for n in range(1, 4):
        assert daemon.run("A").code == 0 and daemon.run("B").code == 0
        answer = daemon.ctl(*["event manager run A", "event manager run B"] * 5 + ["mail queue digest", "show mail queue"])
        assert answer.code == 0
        mails = re.findall(r"^\d+ +(?:queued|deferred|held)", answer.out, re.M)
        assert re.search("^12 mails collapsed into 2$", answer.out, re.M) and len(mails) == 2 * n, answer.out
        assert "0 mails collapsed into 0" in daemon.show("mail queue digest")


def test_a_limit_of_nothing_is_told_in_words(new_daemon):
    daemon = new_daemon(config=[])
    answer = daemon.ctl("configure terminal", "mail queue limit 3")
    assert answer.code == 1 and "'mail queue limit messages N' or 'mail queue limit size MIB'" in answer.out + answer.err
    assert daemon.ctl("configure terminal", "mail queue limit messages 3", "end").code == 0
