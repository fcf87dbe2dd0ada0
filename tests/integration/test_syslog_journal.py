"""The systemd journal: real journal files, written by systemd-journal-remote, read through a real journalctl."""

import os
import signal
import socket
import struct
import subprocess
import time

import pytest
import tree

SAY = ["logging buffered 1000000", "event manager applet SAY", " event syslog pattern FINDME",
       ' action 1 syslog msg "$_syslog_host/$_syslog_trusted/$_syslog_app/$_syslog_procid/$_syslog_facility/$_syslog_priority $_syslog_data"']
BOOT = "0123456789abcdef0123456789abcdef"


def journal_remote():
    found = [p for p in ("/usr/lib/systemd/systemd-journal-remote", "/lib/systemd/systemd-journal-remote",
                         os.path.join(tree.UNPACKED, "usr/lib/systemd/systemd-journal-remote"),
                         os.path.join(tree.UNPACKED, "lib/systemd/systemd-journal-remote")) if os.path.exists(p)]
    if not found or not tree.program("journalctl"):
        pytest.skip("systemd-journal-remote or journalctl is not there")
    return found[0]


class Journal:
    """A journal in a directory, and whoever writes it."""

    def __init__(self, directory):
        self.dir, self.n, self.files, self.writer = os.path.join(str(directory), "journal"), 0, 0, None
        os.mkdir(self.dir)
        self.clock = int(time.time() * 1e6) - 60 * 1000000

    def open(self):
        self.files += 1
        env = dict(os.environ, LD_LIBRARY_PATH=tree.library_path() + ":" + os.path.join(tree.UNPACKED, "usr/lib/x86_64-linux-gnu/systemd"))
        self.writer = subprocess.Popen([journal_remote(), "--output=%s/remote-%d.journal" % (self.dir, self.files), "-"],
                                       stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
        return self

    def close(self):
        if self.writer:
            self.writer.stdin.close()
            assert self.writer.wait(20) == 0
            self.writer = None

    def write(self, message=None, **fields):
        self.n += 1
        self.clock += 1000
        message = b"FINDME %d" % self.n if message is None else message
        entry = {"__REALTIME_TIMESTAMP": self.clock, "__MONOTONIC_TIMESTAMP": self.n * 1000, "_BOOT_ID": BOOT, "PRIORITY": 4,
                 "SYSLOG_FACILITY": 3, "SYSLOG_IDENTIFIER": "app", "_PID": 77, "_UID": 0, "_HOSTNAME": socket.gethostname(),
                 "_TRANSPORT": "syslog", "_SYSTEMD_UNIT": "app.service"}
        entry.update(fields)
        data = b"".join(b"%s=%s\n" % (k.encode(), str(v).encode()) for k, v in entry.items() if v is not None)
        data += b"MESSAGE\n" + struct.pack("<Q", len(message)) + message + b"\n\n"
        self.writer.stdin.write(data)
        self.writer.stdin.flush()

    def settle(self):
        """What was written can be read."""
        def shown():
            return subprocess.run([tree.program("journalctl"), "--quiet", "--directory=" + self.dir, "--output=cat"],
                                  capture_output=True, check=False).stdout.count(b"FINDME")
        assert tree.wait_for(lambda: shown() >= self.n, 20, every=0.05)


@pytest.fixture
def journal(tmp_path):
    j = Journal(tmp_path)
    yield j
    if j.writer:
        j.writer.kill()
        j.writer.wait()


def daemon_of(tmp_path, journal):
    from daemon import Daemon
    return Daemon(tmp_path / "eventd", config=SAY, settings={"syslog": {"journal": journal.dir}})


def seen(daemon):
    return [int(m["message"].rsplit(None, 1)[1]) for m in daemon.json("show logging received")["messages"] if "FINDME" in m["message"]]


def expect(daemon, numbers):
    numbers = list(numbers)
    assert tree.wait_for(lambda: len(seen(daemon)) >= len(numbers), 30, every=0.05), daemon.show("show logging received") + daemon.log()
    assert seen(daemon) == numbers


def begun(daemon):
    """It knows where the end is: what is logged from now on counts."""
    positions = os.path.join(daemon.state, "positions")
    assert tree.wait_for(lambda: os.path.isdir(positions) and any(os.path.getsize(os.path.join(positions, f)) for f in os.listdir(positions)))


def test_entries_become_messages(tmp_path, journal):
    journal.open().write()
    journal.close()
    with daemon_of(tmp_path, journal) as d:
        begun(d)
        journal.open().write()
        d.wait_log(r'SAY: local/yes/app/77/daemon/warnings \[journal transport="syslog" unit="app.service" uid="0"\]')
        expect(d, [2])
        journal.write(_HOSTNAME="elsewhere", SYSLOG_IDENTIFIER=None, _COMM="my prog", SYSLOG_FACILITY=None, PRIORITY=None)
        d.wait_log("SAY: elsewhere/no/my_prog/77/user/informational")
        journal.write(message=b"one\ntwo FINDME \0\xff\x1b[31m " + b"x" * 20000)
        journal.write(message=b"%LINK-3-UPDOWN: FINDME 9")
        assert tree.wait_for(lambda: d.json("show logging received")["received"] >= 4)
        d.wait_log("SAY: local/yes/app/77/LINK/errors")
        shown = d.json("show logging received")
        assert shown["listeners"][0]["url"] == "journal" and shown["listeners"][0]["cut"] == 1
        assert [(s["source"], s["messages"]) for s in d.json("show logging received sources")["sources"]] == [
            ("journal", 3), ("journal elsewhere", 1)]


def test_its_own_lines_are_not_news(tmp_path, journal):
    journal.open().write()
    journal.settle()
    with daemon_of(tmp_path, journal) as d:
        begun(d)
        journal.write(_PID=d.pid)
        journal.write()
        expect(d, [3])


def test_a_restart_neither_loses_nor_repeats(tmp_path, journal):
    """Also over rotation and vacuuming: the file where it stopped may be gone."""
    journal.open().write()
    journal.settle()
    d = daemon_of(tmp_path, journal)
    with d:
        begun(d)
        for _ in range(3):
            journal.write()
        expect(d, [2, 3, 4])
    journal.write()
    with d:
        expect(d, [5])
        journal.close()  # rotated: a new file goes on
        journal.open().write()
        expect(d, [5, 6])
    journal.write()
    journal.close()
    os.unlink(os.path.join(journal.dir, "remote-1.journal"))
    journal.open().write()
    journal.close()
    os.unlink(os.path.join(journal.dir, "remote-2.journal"))  # with the entry where we stopped, and one we never saw
    with d:
        expect(d, [8])
        journal.open().write()
        expect(d, [8, 9])


def test_processes_that_die(tmp_path, journal):
    journal.open().write()
    journal.settle()
    d = daemon_of(tmp_path, journal)
    d.start()
    begun(d)
    pid = int(d.wait_show("show system processes", r"eventd-journal +(\d+)").group(1))
    for _ in range(50):
        journal.write()
    os.kill(pid, signal.SIGKILL)
    for _ in range(50):
        journal.write()
    d.wait_log("%SYSLOG-3-HELPER: journal: eventd-journal ended by signal 9; it is started again")
    assert tree.wait_for(lambda: seen(d)[-1:] == [101], 30)
    assert set(seen(d)) == set(range(2, 102))
    d.kill()
    for _ in range(5):
        journal.write()
    d.start()
    assert tree.wait_for(lambda: seen(d)[-1:] == [106], 30)
    d.stop()


def test_without_a_journal(tmp_path):
    """Nothing is there yet; when it comes, all of it is new."""
    journal = Journal(tmp_path)
    with daemon_of(tmp_path, journal) as d:
        begun(d)
        journal.open().write()
        journal.write()
        expect(d, [1, 2])
    journal.close()
