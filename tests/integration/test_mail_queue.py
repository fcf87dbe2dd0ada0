"""The durable mail queue under faults (reliability.md F1, F4, F10, F14, F15): a ledger of what was accepted, against what a
server took. The applet writes an id into the ledger after its mail statement succeeded; the server keeps every mail it said
250 to. EVENTD_KILLS=N makes the kill loop longer (`make soak-mail`)."""

import email
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

import tree
from badsmtp import BadSmtp, Drop, Hang, Say
from ledger import Load, applet, check_ledger, drain, queue

KILLS = int(os.environ.get("EVENTD_KILLS", "200"))
SEED = int(os.environ.get("EVENTD_SEED", "1"))


def helpers_of(daemon):
    done = subprocess.run(["pgrep", "-P", str(daemon.pid), "eventd-mail"], capture_output=True, text=True)
    return [int(pid) for pid in done.stdout.split()]


def test_killed_anywhere_nothing_accepted_is_lost(loaded):
    chance = random.Random(SEED)
    with BadSmtp() as server:
        daemon, load = loaded(server.port, "mail queue limit messages 100000")
        kills, slowest = 0, 0.0
        while kills < KILLS:
            until = time.monotonic() + chance.uniform(0.005, 0.2)
            while time.monotonic() < until:
                load.offer(chance.randint(1, 4))
                time.sleep(0.02)
            if chance.random() < 0.2:
                for pid in helpers_of(daemon)[:1]:
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
                load.offer(2)
            daemon.process.kill()
            daemon.process.wait()
            kills += 1
            began = time.monotonic()
            daemon.start()
            slowest = max(slowest, time.monotonic() - began)
        load.offer(10)
        assert tree.wait_for(lambda: load.acked().get(load.offered), 60), "it does not work any more\n" + daemon.log()[-2000:]
        drain(daemon)
        server.settle()
        accepted, twice = check_ledger(load, server.mails, kills)
        marked = sum("X-Eventd-Attempt: " in mail.text for mail in server.mails)
        print("%d kills: %d mails offered, %d accepted, 0 of them lost, %d delivered; %d came twice, %d marked; slowest start %.2f s"
              % (kills, load.offered, accepted, len(server.mails), twice, marked, slowest))
        assert twice <= kills and accepted >= kills, "the load was no load: %d of %d accepted" % (accepted, load.offered)
        assert daemon.json("show mail queue")["count"] == 0
        assert not [f for f in os.listdir(os.path.join(daemon.state, "store")) if "damaged" in f]


def test_terminated_and_started_nothing_is_lost(loaded):
    with BadSmtp() as server:
        daemon, load = loaded(server.port)
        for _ in range(5):
            load.offer(20)
            daemon.stop()
            daemon.start()
        tree.wait_for(lambda: load.acked(), 10)
        drain(daemon)
        server.settle()
        check_ledger(load, server.mails, 5)


class SmallDisk:
    """A state directory on a tmpfs of its own, and a file that fills it."""

    def __init__(self, path, size):
        self.path = str(path)
        os.makedirs(self.path)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % size, "none", self.path], capture_output=True, text=True)
        if done.returncode:
            pytest.skip("a small tmpfs cannot be mounted: " + done.stderr.strip())
        self.ballast = os.path.join(self.path, "ballast")

    def fill(self):
        with open(self.ballast, "ab", buffering=0) as f:
            for size in (65536, 4096, 512):
                try:
                    while True:
                        f.write(b"x" * size)
                except OSError:
                    pass

    def free(self):
        os.unlink(self.ballast)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path])


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    disk = SmallDisk(tmp_path / "disk", 16 << 20)
    yield disk
    disk.unmount()


def test_full_disk(loaded, small_disk, tmp_path):
    """While there is no room, the statement fails and says where; nothing accepted is lost, everything else works, and it goes
    on by itself when there is room."""
    flash = tmp_path / "flash"
    with BadSmtp(at={"mail": Say("451 4.3.0 later")}) as server:
        udp = tree.free_port(kind=socket.SOCK_DGRAM)
        from daemon import Daemon
        daemon = Daemon(tmp_path / "eventd", config=applet(server.port),
                        settings={"syslog": {"listen": ["udp://127.0.0.1:%d" % udp]}, "filesystem": {"flash": str(flash)}})
        daemon.state = small_disk.path
        load = Load(daemon, udp)
        load.acked = lambda: dict((int(line.split()[0]), line.split()[1]) for line in open(flash / "acked"))
        with daemon:
            load.offer(5)
            daemon.wait_show("show mail queue", r"5 deferred")
            server.at.clear()
            small_disk.fill()
            load.offer(30)
            log = daemon.wait_log(r"FMPD_SMTP: .* \[QUEUE_FULL queue: (.*)\]")
            assert small_disk.path in log.group(1) and "full" in log.group(1)
            assert queue(daemon)["count"] == 5 and daemon.ctl("show clock").code == 0
            for order in ("mail queue delete 1", "mail queue hold 2", "mail queue digest"):
                answer = daemon.ctl(order)
                assert answer.code == 1 and "full" in answer.out and "Timed out" not in answer.out, (order, answer.out)
            assert queue(daemon)["count"] == 5 and queue(daemon)["held"] == 0
            small_disk.free()
            before = load.offered
            assert tree.wait_for(lambda: load.offer() or any(i > before for i in load.acked()), 20, every=0.5), daemon.log()[-3000:]
            drain(daemon)
            server.settle()
            check_ledger(load, server.mails, 0)


def test_twenty_servers_that_hang_do_not_delay_another(new_daemon):
    """On loopback, with real processes; the bound itself is proven on the virtual clock (tests/unit/mail_queue.c)."""
    hung = [BadSmtp(at={"banner": Hang()}) for _ in range(20)]
    try:
        with BadSmtp() as healthy:
            lines = []
            for n, server in enumerate(hung):
                lines += ["event manager applet HUNG%d" % n, "event none",
                          'action 1 mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "s" body "b" port %d' % server.port, "exit"]
            lines += ["event manager scheduler applet thread class default number 32", "event manager applet HEALTHY", "event none sync yes",
                      'action 1 mail server "127.0.0.1" to "a@x.test" from "b@x.test" subject "s" body "b" port %d' % healthy.port,
                      'action 2 syslog msg "<$_mail_result>"']
            daemon = new_daemon(config=lines)
            assert daemon.ctl(*["event manager run HUNG%d" % n for n in range(20)]).code == 0
            assert daemon.run("HEALTHY").code == 0
            daemon.wait_log("HEALTHY: <sent>")
            assert queue(daemon)["active"] + queue(daemon)["queued"] == 20, "they still hang"
            daemon.ctl("mail queue delete all", "event manager scheduler clear all")
    finally:
        for server in hung:
            server.stop()


def test_recipients_by_themselves(new_daemon):
    """One of three is refused for now, one for good: the third has it once, the one for now gets it later, the last is held."""
    with BadSmtp(at={"rcpt": [None, Say("450 4.2.1 greylisted"), Say("550 5.1.1 nobody"), None]}) as server:
        daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                    'action 1 mail server "127.0.0.1" to "a@x.test,b@x.test,c@x.test" from "d@x.test" subject "s" '
                                    'body "b" port %d' % server.port])
        assert daemon.run("A").code == 1
        first, = queue(daemon)["messages"]
        assert first["state"] == "deferred"
        assert [(r["mailbox"], r["state"], r["code"]) for r in first["recipients"]] == [
            ("a@x.test", "sent", 250), ("b@x.test", "waiting", 450), ("c@x.test", "held", 550)]
        assert first["recipients"][2]["reply"] == {"code": 550, "text": "5.1.1 nobody"}
        server.at["rcpt"] = [None]
        daemon.ctl("mail queue flush")
        daemon.wait_show("show mail queue", r"^1 +held")
        server.settle()
        assert [m.recipients for m in server.mails] == [["a@x.test"], ["b@x.test"]]
        assert len({email.message_from_string(m.text)["Message-ID"] for m in server.mails}) == 1
        assert daemon.ctl("mail queue retry id 1").code == 0
        tree.wait_for(lambda: queue(daemon)["count"] == 0, 10)
        assert server.mails[-1].recipients == ["c@x.test"]


def test_commands(new_daemon):
    """hold, release, delete, export, and what cannot be done."""
    with BadSmtp(at={"mail": [Say("451 4.3.0 later")] * 3}) as server:
        daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                    'action 1 mail server "user:one-secret@127.0.0.1" to "a@x.test" from "d@x.test" subject "to be kept" '
                                    'body "b" port %d' % server.port, "mail allow-cleartext-auth"][:3])
        with BadSmtp() as dead:
            port = dead.port
        daemon.configure("event manager applet B", "event none sync yes",
                         'action 1 mail server "user:one-secret@127.0.0.1" to "a@x.test" from "d@x.test" subject "to be kept" body "b" port %d' % port)
        assert daemon.run("B").code == 0
        assert queue(daemon)["deferred"] == 1
        assert "1 mail held" in daemon.show("mail queue hold id 1") and queue(daemon)["held"] == 1
        assert "0 mails tried now" in daemon.show("mail queue flush")
        assert "1 mail released" in daemon.show("mail queue release")
        daemon.wait_show("show mail queue", r"^1 +deferred")
        assert daemon.ctl("mail queue export id 1 flash:kept.eml").code == 0
        text = daemon.show("more flash:kept.eml")
        assert "Subject: to be kept" in text and "one-secret" not in text
        answer = daemon.ctl("mail queue export 1 flash:kept.eml", input="n\n")
        assert "%Warning:There is a file already existing with this name" in answer.out and "bytes written" not in answer.out
        assert "bytes written to flash:other.eml" in daemon.show("mail queue export 1 flash:other.eml")
        assert "<cr>" not in daemon.show("mail queue delete ?") and "<cr>" in daemon.show("mail queue hold ?")
        assert "% MID 7 is not in the mail queue" in daemon.ctl("show mail queue 7").out
        assert "next try" in daemon.show("show mail queue detail")
        daemon.ctl("mail queue hold 1")
        assert not re.search(r"next try \S+\n\Z", daemon.show("show mail queue detail"))
        assert daemon.json("show mail queue detail")["messages"][0]["parts"][0]["attempts"][-1]["next_try"] is None
        daemon.ctl("mail queue release 1")
        daemon.wait_show("show mail queue", r"^1 +deferred")
        for wrong in ("show mail queue id 7", "mail queue delete", "mail queue delete id 7", "mail queue export id 7 flash:x", "mail queue flush id x"):
            answer = daemon.ctl(wrong)
            assert answer.code == 1 and "%" in answer.out, wrong
        detail = daemon.json("show mail queue detail")["messages"][0]
        assert detail["class"] == "CONNECT_REFUSED" and detail["server"] == "user:********@127.0.0.1"
        attempts = detail["parts"][0]["attempts"]
        assert len(attempts) == 3 and all(a["phase"] == "connect" and a["next_try"] for a in attempts)
        daemon.stop()
        for name in os.listdir(os.path.join(daemon.state, "store")):
            with open(os.path.join(daemon.state, "store", name), "rb") as f:
                assert b"one-secret" not in f.read(), name
        daemon.start()
        assert queue(daemon)["count"] == 1
        assert "1 mail deleted" in daemon.show("mail queue delete 1") and queue(daemon)["count"] == 0


def test_a_backlog_becomes_a_digest(new_daemon):
    """An hour of problem and recovery mails of one applet is one mail with all of them in it; others stay by themselves."""
    with BadSmtp() as server:
        server.stop()
        lines = []
        for name, to in (("FLAP", "noc@x.test"), ("OTHER", "boss@x.test")):
            lines += ["event manager applet " + name, "event none sync yes",
                      'action 1 mail server "127.0.0.1" to "%s" from "d@x.test" subject "%s $_none_arg1" body "what happened: $_none_arg1" port %d'
                      % (to, name, server.port), "exit"]
        daemon = new_daemon(config=lines)
        for n in range(5):
            assert daemon.run("FLAP", "n%d" % n).code == 0
        assert daemon.run("OTHER", "once").code == 0
        ids = [m["message_id"] for m in queue(daemon)["messages"] if m["applet"] == "FLAP"]
        assert "5 mails collapsed into 1" in daemon.show("mail queue digest")
        daemon.wait_show("show mail queue", "^2 of 1000")
        assert sorted(m["kind"] for m in queue(daemon)["messages"]) == ["digest", "mail"]
        recorded = daemon.json("show mail digest")["digested"]
        assert [r["message_id"] for r in recorded] == ids[::-1] and {r["subject"] for r in recorded} == {"FLAP n%d" % n for n in range(5)}
    with BadSmtp(port=server.port) as server:
        drain(daemon)
        server.settle()
        digest, = [m for m in server.mails if m.recipients == ["noc@x.test"]]
        assert all("FLAP n%d" % n in digest.text and "what happened: n%d" % n in digest.text for n in range(5))
        assert all(i in digest.text for i in ids) and len(server.mails) == 2


def test_a_notice_that_is_given_up_is_called_so(new_daemon):
    """The mail is refused for good, and so is what tells its sender: the log keeps them apart."""
    with BadSmtp(at={"rcpt": Say("550 5.1.1 nobody")}) as server:
        daemon = new_daemon(config=["mail helo-name gw.mail.test", "mail route ALL 127.0.0.1:%d" % server.port, "event manager applet A",
                                    "event none sync yes", 'action 1 mail server "USEDNS" to "a@x.test" from "d@y.test" subject "s" body "b"'])
        assert daemon.run("A").code == 1
        daemon.wait_log(r"%HA_EM-4-MAIL_BOUNCE: Mail of applet A to USEDNS \(MID 1\) is given up for a@x.test: ")
        daemon.wait_log(r"%HA_EM-4-MAIL_BOUNCE: Notice \(bounce\) about a mail of applet A to USEDNS \(MID 2\) is given up for d@y.test: ")
        assert daemon.ctl("mail queue export id 2 flash:notice.eml").code == 0
        notice = daemon.show("more flash:notice.eml")
        assert " <MAILER-DAEMON@gw.mail.test>" in notice and "Reporting-MTA: dns; gw.mail.test" in notice


def test_a_retry_changes_neither_arrival_nor_history(new_daemon):
    """When it was accepted and how often it was tried stay said, over a restart as well."""
    with BadSmtp() as dead:
        port = dead.port
    daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "s" body "b" port %d' % port])
    assert daemon.run("A").code == 0
    accepted = queue(daemon)["messages"][0]["accepted"]
    tree.wait_for(lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()) > accepted, 5)
    assert "1 mail tried anew" in daemon.show("mail queue retry 1")

    def mail():
        return daemon.json("show mail queue detail")["messages"][0]

    assert tree.wait_for(lambda: len(mail()["parts"][0]["attempts"]) == 2, 10)
    assert mail()["accepted"] == accepted and mail()["tries"] == 2
    daemon.stop()
    daemon.start()
    assert mail()["accepted"] == accepted and mail()["tries"] == len(mail()["parts"][0]["attempts"])


def test_a_digest_reads_as_its_mails_did(new_daemon):
    """Line ends stay line ends; subjects that were folded or encoded are whole again, in the digest and in its record."""
    long = "Grüße vom Router: " + " ".join("Wort%02d" % n for n in range(20))
    with BadSmtp() as server:
        server.stop()
        daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                    'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "$_none_arg1" '
                                    'body "first line\\nsecond: ü\\n$_none_arg2" port %d' % server.port])
        assert daemon.run("A", '"%s"' % long, "x").code == 0 and daemon.run("A", '"%s"' % long[6:], "y").code == 0
        assert "2 mails collapsed into 1" in daemon.show("mail queue digest")
        assert {r["subject"] for r in daemon.json("show mail digest")["digested"]} == {long, long[6:]}
    with BadSmtp(port=server.port) as server:
        drain(daemon)
        server.settle()
        digest, = server.mails
    text = email.message_from_bytes(digest.text.encode()).get_payload(decode=True).decode()
    lines = [line.rstrip() for line in text.splitlines()]
    assert "  " + long in lines and "  " + long[6:] in lines, text
    assert lines.count("  first line") == 2 and lines.count("  second: ü") == 2 and "  x" in lines and "\\x0D" not in text


def test_unconfirmed_is_marked_and_counted(new_daemon):
    with BadSmtp(at={"dot": Drop()}) as server:
        daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                    'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "s" body "b" port %d' % server.port])
        assert daemon.run("A").code == 0
        q = queue(daemon)
        assert q["possible_duplicates"] == 1 and q["messages"][0]["possible_duplicate"] is True
        server.at.clear()
        daemon.ctl("mail queue flush")
        tree.wait_for(lambda: queue(daemon)["count"] == 0, 10)
        assert queue(daemon)["possible_duplicates"] == 0 and "duplicate" not in daemon.show("show mail queue")
        server.settle()
        assert re.search("^X-Eventd-Attempt: 2\r?$", server.mails[-1].text, re.M)


@pytest.mark.parametrize("phase", ["accept", "banner", "ehlo", "mail", "rcpt", "data", "body", "dot"])
def test_lost_at_any_phase_is_tried_again(new_daemon, phase):
    """F11: one cut, then the server is good: it arrives once, and only a cut behind the text leaves a mark."""
    with BadSmtp(at={phase: Drop()}) as server:
        daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                    'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "s" body "b" port %d' % server.port])
        assert daemon.run("A").code == 0
        assert queue(daemon)["deferred"] == 1
        unconfirmed = queue(daemon)["possible_duplicates"]
        server.at.clear()
        daemon.ctl("mail queue flush")
        assert tree.wait_for(lambda: queue(daemon)["count"] == 0, 10)
        server.settle()
        assert len(server.mails) == 1
        assert ("X-Eventd-Attempt" in server.mails[0].text) == (unconfirmed == 1)
        assert unconfirmed == (1 if phase == "dot" else 0) or phase == "body"


LOGIN = ["mail allow-cleartext-auth", "event manager environment _email_server user:wrong-one@127.0.0.1:%d",
         "event manager applet A", "event none sync yes",
         'action 1 mail server "$_email_server" to "a@x.test" from "d@x.test" subject "s" body "b"', "exit"]


def test_a_variable_that_was_mended_counts_for_what_waits(new_daemon):
    """The password of `$_email_server` is read anew for each attempt, over a restart as well; so is the server itself. What is no
    server string at all changes nothing."""
    with BadSmtp(users={"user": "right-one"}) as server, BadSmtp() as other:
        daemon = new_daemon(config=LOGIN[:1] + [LOGIN[1] % server.port] + LOGIN[2:])
        assert daemon.run("A").code == 1
        daemon.run("A"), daemon.run("A")
        assert [(m["state"], m["class"]) for m in queue(daemon)["messages"]] == [("held", "AUTH_FAILED")] * 3
        daemon.stop()
        daemon.start()
        for gone in ("event manager environment _email_server user:x@", "no event manager environment _email_server"):
            daemon.configure(gone)
            before = len(server.sessions)
            assert "1 mail tried anew" in daemon.show("mail queue retry id 1")
            daemon.wait_show("show mail queue", r"^1 +held")
            assert len(server.sessions) == before + 1
        daemon.configure("event manager environment _email_server user:right-one@127.0.0.1:%d" % server.port)
        assert "1 mail tried anew" in daemon.show("mail queue retry id 1")
        assert tree.wait_for(lambda: queue(daemon)["count"] == 2, 10), daemon.show("show mail queue detail")
        server.settle()
        assert [m.user for m in server.mails] == ["user"]
        daemon.configure("event manager environment _email_server 127.0.0.1:%d" % other.port)
        assert "1 mail tried anew" in daemon.show("mail queue retry id 2")
        assert tree.wait_for(lambda: queue(daemon)["count"] == 1, 10), daemon.show("show mail queue detail")
        other.settle()
        assert len(other.mails) == 1 and len(server.mails) == 1


def test_a_mail_moves_to_the_server_that_its_variable_names(new_daemon):
    """The dead one's put-off is not the new one's, and the move outlives the daemon."""
    with BadSmtp() as dead:
        port = dead.port
    with BadSmtp(at={"mail": Say("451 4.3.0 later")}) as server:
        daemon = new_daemon(config=["event manager environment _email_server 127.0.0.1:%d" % port] + LOGIN[2:])
        assert daemon.run("A").code == 0 and daemon.run("A").code == 0
        daemon.configure("event manager environment _email_server 127.0.0.1:%d" % server.port)
        assert "2 mails tried now" in daemon.show("mail queue flush")
        for mid in (1, 2):
            daemon.wait_show("show mail queue", r"^%d +deferred +\d+ +\d+ s +127.0.0.1:%d" % (mid, server.port))
        assert daemon.ctl("write memory").code == 0
        daemon.stop()
        daemon.start()
        assert {m["server"] for m in queue(daemon)["messages"]} == {"127.0.0.1:%d" % server.port}
        server.at.clear()
        drain(daemon)
        server.settle()
        assert len(server.mails) == 2


def test_a_token_that_does_not_come_is_nobody_elses_trouble(new_daemon, tmp_path):
    """One credential's program fails: another login at the same server delivers at once, as does a mail without any."""
    program = tmp_path / "token"
    program.write_text("#!/bin/sh\nexit 3\n")
    program.chmod(0o755)
    with BadSmtp(users={"user": "right-one"}, mechanisms=["XOAUTH2", "PLAIN"]) as server:
        lines = ["mail allow-cleartext-auth",
                 'event manager mail credential CLOUD username cloud oauth-token-command "%s"' % program]
        for name, at in (("TOKEN", "127.0.0.1:%d credential CLOUD"), ("GOOD", "user:right-one@127.0.0.1:%d"), ("OPEN", "127.0.0.1:%d")):
            host, _, words = (at % server.port).partition(" credential ")
            lines += ["event manager applet " + name, "event none sync yes",
                      'action 1 mail server "%s" %s to "a@x.test" from "d@x.test" subject "s" body "b"'
                      % (host, "credential " + words if words else ""), "exit"]
        daemon = new_daemon(config=lines)
        assert daemon.run("TOKEN").code == 0
        assert [(m["state"], m["class"]) for m in queue(daemon)["messages"]] == [("deferred", "AUTH_TEMPFAIL")]
        assert daemon.run("GOOD").code == 0 and daemon.run("OPEN").code == 0
        assert queue(daemon)["count"] == 1
        server.settle()
        assert [m.user for m in server.mails] == ["user", None]


def test_a_command_is_done_when_it_answers(new_daemon):
    """Commands of one script find what those before them did; `delete all` asks."""
    with BadSmtp() as dead:
        port = dead.port
    daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "s" body "b" port %d' % port])
    assert daemon.run("A").code == 0
    for _ in range(20):
        answer = daemon.ctl("mail queue hold all", "mail queue hold id 1", "show mail queue", "mail queue release all",
                            "mail queue hold id 1", "mail queue retry id 1")
        assert answer.code == 0
        said = re.findall(r"^(\d+ mails? \w+ ?\w*|1 +held)", answer.out, re.M)
        assert [" ".join(s.split()) for s in said] == ["1 mail held", "0 mails held", "1 held", "1 mail released", "1 mail held",
                                                       "1 mail tried anew"], answer.out
    assert "Delete all mails of the queue (1)? [confirm]" in daemon.ctl("mail queue delete all", input="n\n").out
    assert queue(daemon)["count"] == 1
    assert "1 mail deleted" in daemon.show("mail queue delete all") and queue(daemon)["count"] == 0


def test_a_host_that_is_put_off_is_told(new_daemon):
    """Which host, for how long, since which mail and why: also at a mail that was never tried itself."""
    with BadSmtp() as dead:
        port = dead.port
    daemon = new_daemon(config=["event manager applet A", "event none sync yes",
                                'action 1 mail server "127.0.0.1" to "a@x.test" from "d@x.test" subject "s" body "b" port %d' % port])
    assert queue(daemon)["put_off"] == [] and "Put off" not in daemon.show("show mail queue")
    assert daemon.run("A").code == 0 and daemon.run("A").code == 0
    off, = queue(daemon)["put_off"]
    assert 0 < off.pop("seconds") <= 60
    assert off == {"host": "127.0.0.1:%d" % port, "mid": 1, "class": "CONNECT_REFUSED", "phase": "connect", "failures": 1}
    shown = daemon.show("show mail queue")
    assert re.search(r"^Put off for \d+ s: 127\.0\.0\.1:%d, since MID 1: CONNECT_REFUSED connect$" % port, shown, re.M), shown
    assert re.search(r"^2 +queued .*\n +the host is put off since MID 1: CONNECT_REFUSED connect$", shown, re.M), shown
    assert "1 mail deleted" in daemon.show("mail queue delete 1")
    shown = daemon.show("show mail queue")
    assert re.search(r"^Put off for \d+ s: 127\.0\.0\.1:%d: CONNECT_REFUSED connect$" % port, shown, re.M) and "MID 1" not in shown, shown
    assert queue(daemon)["put_off"][0]["mid"] is None
    assert "1 mail deleted" in daemon.show("mail queue delete 2")
    assert queue(daemon)["put_off"] == [] and "Put off" not in daemon.show("show mail queue"), "nothing waits there"


def test_the_word_json(new_daemon):
    """`show mail queue json` in a session of text: the document of --json, which filters may look through."""
    daemon = new_daemon()
    daemon.configure("event manager applet M", "event none", 'action 1 mail server "127.0.0.1" to "a@example.net" from "b@example.net" '
                     'subject "s" body "b" port %d' % tree.free_port())
    daemon.ctl("event manager run M")
    assert tree.wait_for(lambda: daemon.json("show mail queue detail")["messages"])
    shown, wanted = json.loads(daemon.show("show mail queue json")), daemon.json("show mail queue detail")
    assert shown.keys() == wanted.keys() and shown["messages"][0].keys() == wanted["messages"][0].keys()
    assert '"mid"' in daemon.show("show mail queue json | include mid")
    assert "% " in daemon.ctl("show mail queue json detail").out


def test_where_nobody_answered_is_told(new_daemon):
    """An address that refuses the connection is in the attempt, in the text and in the document."""
    daemon, port = new_daemon(hosts="127.0.0.1 mail.example.test"), tree.free_port()
    daemon.configure("event manager applet M", "event none", 'action 1 mail server "mail.example.test" to "a@example.net" '
                     'from "b@example.net" subject "s" body "b" port %d' % port)
    daemon.ctl("event manager run M")
    daemon.wait_show("show mail queue detail", r"^    \S+ mail\.example\.test \[127\.0\.0\.1\]:%d CONNECT_REFUSED connect" % port)
    attempt = daemon.json("show mail queue detail")["messages"][0]["parts"][0]["attempts"][0]
    assert (attempt["ip"], attempt["class"]) == ("127.0.0.1", "CONNECT_REFUSED")
