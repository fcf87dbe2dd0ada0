"""The mail queue killed at a given place, on a disk that fails, and behind a power cut (reliability.md F1, F3, F5, F6, F15)."""

import email
import json
import os
import re
import signal
import sqlite3
import subprocess
import threading
import time

import pytest

import tree
from badsmtp import BadSmtp, Hang, Take, Wait
from ledger import check_ledger, drain, queue


def kill(daemon):
    """The daemon and its processes, at once: no helper gets to say anything any more."""
    helpers = subprocess.run(["pgrep", "-P", str(daemon.pid)], capture_output=True, text=True).stdout.split()
    os.kill(daemon.pid, signal.SIGSTOP)
    for pid in helpers:
        os.kill(int(pid), signal.SIGKILL)
    daemon.process.kill()
    daemon.process.wait()


def attempts(mails):
    """Subject -> the X-Eventd-Attempt of each copy, in the order in which they came."""
    seen = {}
    for mail in mails:
        message = email.message_from_string(mail.text)
        seen.setdefault(int(message["Subject"]), []).append(message["X-Eventd-Attempt"])
    return seen


def totals(daemon):
    return daemon.json("show mail queue summary")["totals"]


@pytest.mark.parametrize("phase", ["accept", "banner", "ehlo", "mail", "rcpt", "data"])
def test_killed_before_the_text_is_no_duplicate(loaded, phase):
    """The server has come to that phase and says nothing: no mail can have arrived, and none says that it might have."""
    with BadSmtp(at={phase: Hang()}) as server:
        daemon, load = loaded(server.port)
        load.offer(5)
        assert tree.wait_for(lambda: queue(daemon)["count"] == 5 and server.reached(phase), 20)
        kill(daemon)
        server.at.clear()
        daemon.start()
        assert queue(daemon)["possible_duplicates"] == 0 and "MAIL_QUEUE_INTERRUPTED" not in daemon.log()
        drain(daemon)
        server.settle()
        check_ledger(load, server.mails, 0)
        assert attempts(server.mails) == {n: [None] for n in range(1, 6)}
        assert totals(daemon) == {"accepted": 5, "delivered": 5, "possible_duplicates": 0, "digested": 0}


def test_killed_between_text_and_dot_is_no_duplicate(loaded):
    """The text is sent; that the dot may follow is about to be written. Nothing was delivered."""
    go = threading.Event()
    with BadSmtp(at={"data": Wait(go)}) as server:
        daemon, load = loaded(server.port)
        load.offer()
        assert tree.wait_for(lambda: server.reached("data"), 20)
        with Strace(daemon, "pwrite64", "signal=KILL"):
            go.set()
            assert daemon.process.wait(20) == -signal.SIGKILL
        server.settle()
        session, = server.sessions
        assert "alarm 1" in session.lines and "." not in session.lines
        server.at.clear()
        daemon.start()
        drain(daemon)
        server.settle()
        assert attempts(server.mails) == {1: [None]} and totals(daemon)["possible_duplicates"] == 0


class Strace:
    """What a system call of eventd comes to, while it is attached."""

    def __init__(self, daemon, call, what):
        strace = tree.program("strace")
        if not strace:
            pytest.skip("strace is not there")
        self.process = subprocess.Popen([strace, "-f", "-qq", "-o", "/dev/null", "-p", str(daemon.pid), "-e", "trace=" + call,
                                         "-e", "inject=%s:%s" % (call, what)])
        assert tree.wait_for(lambda: daemon.process.poll() is not None or all(traced(daemon.pid)), 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        tree.end(self.process)


def traced(pid):
    """For each thread: has it a tracer?"""
    for thread in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, thread)) as f:
            yield not re.search(r"^TracerPid:\t0$", f.read(), re.M)


@pytest.mark.parametrize("server_has_it", [True, False])
def test_killed_behind_the_dot_is_marked(loaded, server_has_it):
    """Whether the server took it nobody can know: it comes again, as the same mail, and says so; the others do not."""
    with BadSmtp(at={"dot": Take() if server_has_it else Hang()}) as server:
        daemon, load = loaded(server.port)
        load.offer(5)
        assert tree.wait_for(lambda: queue(daemon)["count"] == 5 and server.reached("dot"), 20)
        kill(daemon)
        server.at.clear()
        daemon.start()
        assert re.search("MAIL_QUEUE_INTERRUPTED: Deliveries interrupted behind the text: 1; ", daemon.log())
        drain(daemon)
        server.settle()
        accepted, twice = check_ledger(load, server.mails, 1)
        seen = attempts(server.mails)
        assert ([None, "2"] if server_has_it else ["2"]) in seen.values(), seen
        assert twice == server_has_it and sorted(copies[-1] or "" for copies in seen.values()) == ["", "", "", "", "2"]
        assert totals(daemon) == {"accepted": 5, "delivered": 5, "possible_duplicates": 1, "digested": 0}


@pytest.mark.parametrize("call, error", [("fdatasync", "EIO"), ("pwrite64", "EIO"), ("pwrite64", "ENOSPC")])
def test_a_disk_that_fails(loaded, call, error):
    """F5: while it does, the statement fails and says where, and everything else works; then the queue goes on by itself."""
    with BadSmtp() as server:
        daemon, load = loaded(server.port)
        load.offer(5)
        assert tree.wait_for(lambda: len(load.acked()) == 5, 20)
        with Strace(daemon, call, "error=" + error):
            load.offer(10)
            log = daemon.wait_log(r"FMPD_SMTP: .* \[QUEUE_FULL queue: (.*)\]")
            assert daemon.state in log.group(1), log.group(1)
            assert daemon.ctl("show clock", "show mail queue").code == 0
            assert not [i for i in load.acked() if i > 5]
        before = load.offered
        assert tree.wait_for(lambda: load.offer() or any(i > before for i in load.acked()), 20, every=0.2), daemon.log()[-3000:]
        drain(daemon)
        server.settle()
        accepted, twice = check_ledger(load, server.mails, 0)
        assert twice == 0
        kill(daemon)
        daemon.start()
        assert queue(daemon)["count"] == 0 and "STORE_DAMAGED" not in daemon.log()


# The system calls of the store and of a delivery; each is the last thing that eventd, or its mail process, does.
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "sendto", "write"])
def test_killed_at_every_call(loaded, call):
    """F1, one after the other: the N-th such call from the beginning of a mail is the last. EVENTD_CALLS=N goes further."""
    with BadSmtp() as server:
        daemon, load = loaded(server.port)
        load.offer()
        assert tree.wait_for(lambda: len(load.acked()) == 1, 20)
        kills = 0
        for n in range(1, int(os.environ.get("EVENTD_CALLS", "25")) + 1):
            with Strace(daemon, call, "signal=KILL:when=%d" % n):
                load.offer(2)
                assert tree.wait_for(lambda: daemon.process.poll() is not None or is_idle(daemon, load), 20)
            kills += revived(daemon)
        revived(daemon)
        drain(daemon)
        server.settle()
        assert kills > 0, "no call was the last"
        check_ledger(load, server.mails, kills)


def revived(daemon):
    """Starts it again if it was hit, be it at the last moment; what strace lets go may hold its port for a while."""
    if not tree.wait_for(lambda: daemon.process.poll() is not None, 0.3):
        return False

    def start():
        try:
            return daemon.start()
        except AssertionError:
            return None
    assert tree.wait_for(start, 20, every=0.2), daemon.log()[-2000:]
    return True


def is_idle(daemon, load):
    """Everything is accepted and sent; the daemon may end while it is asked."""
    answer = daemon.ctl("show mail queue", options=("--json",))
    return max(load.acked(), default=0) == load.offered and answer.code == 0 and json.loads(answer.out)["count"] == 0


def multiply(path, wanted):
    """One mail that waits becomes many."""
    db = sqlite3.connect(path)
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)" % (wanted - 1)
    for table, changed in (("message", {"id": "id + i", "message_id": "'<' || i || '@backlog.test>'"}), ("text", {"id": "id + i"}),
                           ("part", {"id": "id + i", "mid": "mid + i"}), ("recipient", {"id": "id + i", "part": "part + i"})):
        names = [column[1] for column in db.execute("PRAGMA table_info(%s)" % table)]
        if table == "text":
            changed["body"] = "'X-Number: ' || i || char(13, 10) || body"
        db.execute("%s INSERT INTO %s (%s) SELECT %s FROM %s, n" % (
            numbers, table, ", ".join(names), ", ".join(changed.get(name, name) for name in names), table))
    db.commit()
    db.close()


def test_a_backlog_drains_and_what_comes_goes_first(loaded):
    """F15: each mail of a long outage arrives once; one that comes meanwhile does not wait for them. EVENTD_BACKLOG=50000 is the
    size of the demand (`make soak-backlog`)."""
    wanted = int(os.environ.get("EVENTD_BACKLOG", "1000"))
    with BadSmtp() as server:
        server.stop()
        daemon, load = loaded(server.port, "mail queue limit messages 1000000", "mail queue limit size 10000")
        load.offer()
        assert tree.wait_for(lambda: queue(daemon)["deferred"] == 1, 20)
        daemon.stop()
        multiply(os.path.join(daemon.state, "store", "eventd.db"), wanted)
        daemon.start()
        assert daemon.json("show mail queue summary")["count"] == wanted
    with BadSmtp(port=server.port) as server:
        began = time.monotonic()
        daemon.ctl("mail queue flush")
        late = []
        for share in (0.2, 0.5, 0.8):
            assert tree.wait_for(lambda: len(server.mails) > wanted * share, 600)
            before = len(server.mails)
            load.offer()
            assert tree.wait_for(lambda: load.offered in load.acked(), 60)
            late.append(len(server.mails) - before)
        assert tree.wait_for(lambda: daemon.json("show mail queue summary")["count"] == 0, 900, every=0.2)
        took = time.monotonic() - began
        server.settle()
    texts = [mail.text for mail in server.mails]
    numbers = [int(n) for text in texts for n in re.findall("^X-Number: ([0-9]+)\\r?$", text, re.M)]
    assert sorted(numbers) == list(range(1, wanted)) and len(texts) == wanted + 3
    assert not any("X-Eventd-Attempt" in text for text in texts)
    print("%d mails drained in %.1f s; mails that came meanwhile were behind %s others" % (wanted, took, late))
    assert max(late) <= 100, "new mails wait for old ones: behind %s" % late
