"""The mail queue killed at a given place, on a disk that fails, and behind a power cut (reliability.md F1, F3, F5, F6, F15)."""

import email
import os
import re
import signal
import subprocess
import threading

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
    strace, go = tree.program("strace"), threading.Event()
    if not strace:
        pytest.skip("strace is not there")
    with BadSmtp(at={"data": Wait(go)}) as server:
        daemon, load = loaded(server.port)
        load.offer()
        assert tree.wait_for(lambda: server.reached("data"), 20)
        killer = subprocess.Popen([strace, "-f", "-qq", "-o", "/dev/null", "-p", str(daemon.pid), "-e", "trace=pwrite64",
                                   "-e", "inject=pwrite64:signal=KILL"])
        assert tree.wait_for(lambda: all(traced(daemon.pid)), 20)
        go.set()
        assert daemon.process.wait(20) == -signal.SIGKILL
        killer.wait(20)
        server.settle()
        session, = server.sessions
        assert "alarm 1" in session.lines and "." not in session.lines
        server.at.clear()
        daemon.start()
        drain(daemon)
        server.settle()
        assert attempts(server.mails) == {1: [None]} and totals(daemon)["possible_duplicates"] == 0


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
        assert sorted(seen.values(), key=len)[-1] == ([None, "2"] if server_has_it else sorted(seen.values(), key=str)[0])
        assert twice == server_has_it and sorted(copies[-1] or "" for copies in seen.values()) == ["", "", "", "", "2"]
        assert totals(daemon) == {"accepted": 5, "delivered": 5, "possible_duplicates": 1, "digested": 0}
