"""Files followed through rotation: renamed, copied and truncated, made anew, not there yet; restarts that neither lose nor repeat a line."""

import os
import shutil
import signal

import pytest
import tree

LOUD = ["logging buffered 4000000", "event manager scheduler applet thread class default number 64",
        "event manager applet LINE", ' event syslog pattern "line [0-9]+" listener "^files$"', ' action 1 counter name lines op inc value 1']


class Log:
    """A file that a program writes, line by line, with what is expected to have been seen of it."""

    def __init__(self, directory):
        self.path, self.n, self.file = os.path.join(str(directory), "app.log"), 0, None

    def open(self):
        self.file = open(self.path, "ab", buffering=0)
        return self

    def write(self, lines=1):
        for _ in range(lines):
            self.n += 1
            self.file.write(b"Oct 11 22:14:15 host app[7]: line %d\n" % self.n)

    def rename(self, generation=1):
        for g in range(generation, 0, -1):
            if g > 1 and os.path.exists("%s.%d" % (self.path, g - 1)):
                os.rename("%s.%d" % (self.path, g - 1), "%s.%d" % (self.path, g))
        os.rename(self.path, self.path + ".1")


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path)


def seen(daemon):
    """The numbers of the lines that came in, in their order."""
    return [int(m["message"].rsplit(None, 1)[1]) for m in daemon.json("show logging received")["messages"]]


def expect(daemon, numbers):
    numbers = list(numbers)
    assert tree.wait_for(lambda: len(seen(daemon)) >= len(numbers), 20, every=0.05), seen(daemon)
    assert seen(daemon) == numbers


def begun(daemon):
    """It knows where the file ends, or that there is none: what is written from now on counts."""
    positions = os.path.join(daemon.state, "positions")
    assert tree.wait_for(lambda: os.path.isdir(positions) and any(os.path.getsize(os.path.join(positions, f)) for f in os.listdir(positions)))
    return daemon


def start(new_daemon, log):
    return begun(new_daemon(config=LOUD, settings={"syslog": {"files": [log.path]}}))


def test_what_stood_there_before_is_not_news(new_daemon, log):
    log.open().write(5)
    d = start(new_daemon, log)
    log.write(3)
    expect(d, [6, 7, 8])
    listener = d.json("show logging received")["listeners"][0]
    assert (listener["url"], listener["messages"], listener["matched"]) == ("files", 3, 3)
    source = d.json("show logging received sources")["sources"][0]
    assert (source["source"], source["host"], source["trusted"]) == ("file " + log.path, "local", "no")


def test_a_file_that_comes_later_and_a_line_in_pieces(new_daemon, log, tmp_path):
    log.path = str(tmp_path / "later" / "app.log")
    d = start(new_daemon, log)
    os.mkdir(os.path.dirname(log.path))
    log.open().write(2)
    expect(d, [1, 2])
    log.file.write(b"Oct 11 22:14:15 host app: li")
    log.write(0)
    log.file.write(b"ne 3\nOct 11 22:14:15 host app: line 4\n")
    expect(d, [1, 2, 3, 4])


@pytest.fixture
def followed(new_daemon, log):
    d = start(new_daemon, log)
    log.open().write(3)
    expect(d, range(1, 4))
    return d


def test_renamed(followed, log):
    """Also what a writer says that has not yet been told of the rotation."""
    old = log.file
    log.rename()
    log.n += 1
    old.write(b"Oct 11 22:14:15 host app: line %d\n" % log.n)
    expect(followed, range(1, 5))
    log.open().write(3)
    expect(followed, range(1, 8))
    log.n += 1
    old.write(b"Oct 11 22:14:15 host app: line %d\n" % log.n)
    expect(followed, range(1, 9))
    for generation in (2, 3):
        log.rename(generation)
        log.open().write(2)
    expect(followed, range(1, 13))


def test_copied_and_truncated(followed, log):
    for generation in range(3):
        log.write(2)
        expect(followed, range(1, log.n + 1))
        shutil.copy(log.path, "%s.%d" % (log.path, generation + 1))
        os.truncate(log.path, 0)
        log.write(1)
        expect(followed, range(1, log.n + 1))


def test_deleted_and_made_anew(followed, log):
    os.unlink(log.path)
    log.write(1)
    expect(followed, range(1, 5))
    log.open().write(2)
    expect(followed, range(1, 7))


def test_a_restart_neither_loses_nor_repeats(new_daemon, log, tmp_path):
    """Lines that are written while nobody looks, with rotations between; and what is in the middle of a line."""
    from daemon import Daemon
    d = Daemon(tmp_path / "eventd", config=LOUD, settings={"syslog": {"files": [log.path]}})
    with d:
        begun(d)
        log.open().write(4)
        expect(d, range(1, 5))
        log.file.write(b"Oct 11 22:14:15 host app: line")
    log.file.write(b" 5\n")
    log.n += 1
    log.write(2)
    log.rename()
    log.open().write(2)
    log.rename(2)
    log.open().write(2)
    with d:
        expect(d, range(5, 12))
        log.write(1)
        expect(d, range(5, 13))
    with d:
        log.write(1)
        expect(d, [13])


def test_a_kill_in_the_middle(new_daemon, log, tmp_path):
    """Each process in turn is killed while lines are written: at most the batch under way comes twice, and nothing is lost."""
    from daemon import Daemon
    d = Daemon(tmp_path / "eventd", config=LOUD, settings={"syslog": {"files": [log.path]}})
    begun(d.start())
    log.open().write(1)
    expect(d, [1])
    pid = int(d.wait_show("show system processes", r"eventd-follow +(\d+)").group(1))
    log.write(300)
    os.kill(pid, signal.SIGKILL)
    log.write(300)
    d.wait_log("%SYSLOG-3-HELPER: files: eventd-follow ended by signal 9; it is started again")
    assert tree.wait_for(lambda: seen(d)[-1:] == [601], 20)
    assert sorted(set(seen(d))) == list(range(1, 602))
    before = set(seen(d))
    d.kill()
    log.write(50)
    d.start()
    assert tree.wait_for(lambda: seen(d)[-1:] == [651], 20)
    assert before | set(seen(d)) == set(range(1, 652))
    assert len([n for n in seen(d) if n <= 601]) <= 300
    d.stop()


def test_what_is_no_line(followed, log):
    """Zeros where the file was truncated under its writer, bad UTF-8, a line without end that is too long."""
    log.file.write(b"\0" * 5000 + b"Oct 11 22:14:15 host app: line 4\n\xff\xfe line 5\n" + b"x" * 30000 + b" line 6\n")
    log.n = 6
    log.write(1)
    assert tree.wait_for(lambda: followed.json("show logging received")["received"] >= 7, 20)
    shown = followed.json("show logging received")
    assert [m["message"][-6:] for m in shown["messages"][3:]] == ["line 4", "line 5", "xxxxxx", "line 7"]
    assert shown["listeners"][0]["cut"] == 1


def test_files_that_cannot_be_read(new_daemon, tmp_path):
    d = new_daemon(settings={"syslog": {"files": [str(tmp_path)]}})
    d.wait_log("%%SYSLOG-4-FILE: files: %s: not a file" % tmp_path)
