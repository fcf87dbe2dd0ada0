"""Other programs with the rules and the lines that eventd gets: their private configurations, and one way to measure all.

A subject is a program under measurement: it has a pid, takes lines through a file descriptor and writes one line to the file
`out` for every message that a rule matches. Everything listens on loopback and ends by its pid; nothing is installed.
"""

import contextlib
import glob
import os
import select
import socket
import subprocess
import time

import tree
from daemon import Daemon

END = "%BENCH-0-DONE"  # behind each portion: its arrival in the output tells that the portion is done
END_LINE = b"<184>0: *Mar  1 18:00:00.000: " + END.encode() + b": end\n"
FIRST_PORTION = 200  # lines; loading and first use are over when they are
ENOUGH_SECONDS = 1.6  # no portion, each twice as long as the one before, begins after so much
PATIENCE_SECONDS = 60


class Absent(Exception):
    """The program is not on this machine and was not brought."""


class Failed(Exception):
    """It ran, but not as it must."""


def program(name):
    path = tree.program(name)
    if not path:
        raise Absent("%s is not there; `make deps-bench` brings it" % name)
    return path


def unpacked(pattern):
    """Folders of the packages under build/root; none where the program is installed."""
    return sorted(glob.glob(os.path.join(tree.UNPACKED, pattern)))


def with_paths(name, folders):
    """The environment with folders before those that a path variable has."""
    return {name: ":".join(folders + [v for v in (os.environ.get(name),) if v])} if folders else {}


# Rules as each program writes them -------------------------------------------------------------------------------------------


def quoted(pattern):
    return pattern.replace("\\", "\\\\").replace('"', '\\"')


def rsyslog_rules(patterns, port, out):
    lines = ['global(workDirectory="%s" net.enableDNS="off" maxMessageSize="8k")' % os.path.dirname(out), 'module(load="imptcp")',
             'main_queue(queue.type="FixedArray" queue.size="200000" queue.dequeueBatchSize="1024" queue.workerThreads="1")',
             'template(name="line" type="string" string="%rawmsg%\\n")',
             'ruleset(name="hit") { action(type="omfile" file="%s" template="line" ioBufferSize="64k") }' % out, 'ruleset(name="rules") {']
    lines += [':msg, ereregex, "%s" { call hit stop }' % quoted(p) for p in patterns]
    return lines + ["}", 'input(type="imptcp" address="127.0.0.1" port="%d" ruleset="rules")' % port]


def syslog_ng_rules(patterns, port, out):
    lines = ["@version: 3.38", "options { stats-freq(0); use-dns(no); keep-hostname(yes); threaded(yes); log-fifo-size(400000); };",
             'source s { network(ip("127.0.0.1") port(%d) transport("tcp") log-iw-size(20000) log-fetch-limit(1000) flags(no-parse)); };'
             % port, 'destination d { file("%s" template("${MESSAGE}\\n") flush-lines(1)); };' % out]
    return lines + ['log { source(s); filter { message("%s"); }; destination(d); flags(final); };' % quoted(p) for p in patterns]


def sec_rules(patterns, _port, out):
    # It takes the blanks from the end of a line.
    escaped = (p[:-1] + "[ ]" if p.endswith(" ") else p for p in patterns)
    return ["type=Single\nptype=RegExp\npattern=%s\ndesc=rule %d\naction=write %s $0\n" % (p, i, out) for i, p in enumerate(escaped)]


def rsyslog_command(where, rules):
    modules = unpacked("usr/lib/*/rsyslog")
    return [program("rsyslogd"), "-n", "-f", rules, "-i", where + "/pid"] + (["-M", modules[0]] if modules else []), {}


def syslog_ng_command(where, rules):
    modules = unpacked("usr/lib/syslog-ng/[0-9]*")
    command = [program("syslog-ng"), "-F", "--no-caps", "-f", rules, "-R", where + "/persist", "-c", where + "/control"]
    return command + ["-p", where + "/pid"] + ["--module-path=" + m for m in modules[:1]], with_paths("LD_LIBRARY_PATH", unpacked("usr/lib/syslog-ng"))


def sec_command(_where, rules):
    command = [program("sec"), "--conf=" + rules, "--input=-", "--notail", "--nointevents", "--bufsize=1", "--debug=1"]
    return command, with_paths("PERL5LIB", unpacked("usr/share/perl/5.*") + unpacked("usr/lib/*/perl/5.*"))


PEERS = {  # name: rules, command, does it listen, how it is set up
    "rsyslog": (rsyslog_rules, rsyslog_command, True, "over TCP, the plain way: `:msg, ereregex` and `stop` a rule"),
    "syslog-ng": (syslog_ng_rules, syslog_ng_command, True,
                  "over TCP, the plain way: a `message()` filter and `flags(final)` a rule, `no-parse`"),
    "sec": (sec_rules, sec_command, False, "from a pipe, as it has no network input, the plain way: a `Single` a rule"),
}


# Subjects --------------------------------------------------------------------------------------------------------------------


class Peer:
    def __init__(self, name, where, patterns):
        self.rules, self.command, self.listens, _ = PEERS[name]
        self.name, self.where, self.patterns = name, where, patterns + [END]
        self.out = os.path.join(where, "out")

    def is_end(self, line):
        return END.encode() in line

    def is_hit(self, line):
        return not self.is_end(line)

    def __enter__(self):
        rules, port = os.path.join(self.where, "rules"), tree.free_port() if self.listens else 0
        command, env = self.command(self.where, rules)
        with open(rules, "w") as f:
            f.write("\n".join(self.rules(self.patterns, port, self.out)) + "\n")
        with open(os.path.join(self.where, "log"), "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL if self.listens else subprocess.PIPE, stdout=log, stderr=log,
                                            env=dict(os.environ, **env), cwd=self.where)
        self.pid, self.connection = self.process.pid, None
        try:
            self.connection = self.connect(port) if self.listens else self.process.stdin
        except BaseException:
            self.__exit__()
            raise
        self.fd = self.connection.fileno()
        return self

    def connect(self, port):
        def look():
            if self.process.poll() is not None:
                raise Failed("%s ended with status %s\n%s" % (self.name, self.process.returncode, self.log()))
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", port))
        return tree.wait_for(look, PATIENCE_SECONDS) or self.never("listened")

    def never(self, did):
        raise Failed("%s never %s\n%s" % (self.name, did, self.log()))

    def log(self):
        with open(os.path.join(self.where, "log"), errors="replace") as f:
            return f.read()[-1000:]

    def __exit__(self, *_):
        if self.connection:
            self.connection.close()
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Eventd:
    """One applet a rule, whose action logs a line."""

    name = "eventd"

    def __init__(self, where, patterns):
        config, self.port = [], tree.free_port()
        for i, pattern in enumerate(patterns + [END]):
            config += ["event manager applet BENCH%d" % i, ' event syslog pattern "%s"' % pattern,
                       ' action 1.0 syslog msg "%s"' % ("one hit" if i < len(patterns) else "all done")]
        self.daemon = Daemon(where, config=config, settings={"hostname": "r1", "syslog": {"listen": ["tcp://127.0.0.1:%d" % self.port]}})
        self.out = self.daemon.stderr

    def is_end(self, line):
        return line.endswith(b": all done\n")

    def is_hit(self, line):
        return line.endswith(b": one hit\n")

    def __enter__(self):
        self.pid = self.daemon.start().pid
        try:
            self.connection = socket.create_connection(("127.0.0.1", self.port))
        except OSError as e:
            self.daemon.kill()
            raise Failed("eventd took no connection: %s\n%s" % (e, self.log())) from None
        self.fd = self.connection.fileno()
        return self

    def log(self):
        return self.daemon.log()[-1000:]

    def __exit__(self, *_):
        self.connection.close()
        self.daemon.kill()


# Measuring -------------------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def running(subject):
    """The subject, started and held to one processor; the sender, this process, is held to another."""
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {max(allowed)})
        with subject:
            os.sched_setaffinity(0, {min(allowed)})
            yield subject
    finally:
        os.sched_setaffinity(0, allowed)


def send(subject, octets):
    """All octets, or Failed when the subject takes none for a long time."""
    os.set_blocking(subject.fd, False)
    left = memoryview(octets)
    while left:
        if not select.select([], [subject.fd], [], PATIENCE_SECONDS)[1]:
            raise Failed("%s takes no more lines\n%s" % (subject.name, subject.log()))
        try:
            left = left[os.write(subject.fd, left):]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            raise Failed("%s has hung up\n%s" % (subject.name, subject.log())) from None


class Output:
    """Counts what a subject has written so far."""

    def __init__(self, subject):
        self.subject, self.position, self.rest, self.ends, self.hits = subject, 0, b"", 0, 0

    def look(self):
        if not os.path.exists(self.subject.out):
            return
        with open(self.subject.out, "rb") as f:
            f.seek(self.position)
            octets = f.read()
        self.position += len(octets)
        lines = (self.rest + octets).splitlines(keepends=True)
        self.rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        self.ends += sum(map(self.subject.is_end, lines))
        self.hits += sum(map(self.subject.is_hit, lines))

    def has(self, ends, hits):
        self.look()
        return self.ends >= ends and self.hits >= hits


def throughput(subject, lines, expect, cpu):
    """Lines a CPU second behind the first portion. `expect(n)` tells how many of the first n lines are matched, `cpu(pid)` the
    CPU seconds that the process and its children have taken."""
    output, sent, portions, portion = Output(subject), 0, 0, FIRST_PORTION
    base = began = None
    while sent < len(lines) and (began is None or time.monotonic() - began < ENOUGH_SECONDS):
        some = lines[sent:sent + portion]
        send(subject, b"".join(some) + END_LINE)
        sent, portions, portion = sent + len(some), portions + 1, portion * 2
        tree.wait_for(lambda: output.has(portions, 0), PATIENCE_SECONDS, every=0.005)
        if not output.has(portions, 0):
            raise Failed("%s: the end of portion %d never came\n%s" % (subject.name, portions, subject.log()))
        if base is None:
            base, began = cpu(subject.pid), time.monotonic()
    spent, expected = cpu(subject.pid) - base, expect(sent)
    tree.wait_for(lambda: output.has(portions, expected), 10)
    if output.hits != expected or output.ends != portions:
        raise Failed("%s: %d of %d matches, %d of %d ends" % (subject.name, output.hits, expected, output.ends, portions))
    return {"lines": sent, "matched": expected, "cpu_s": spent, "lines_per_cpu_s": (sent - FIRST_PORTION) / spent}


# Tcl -------------------------------------------------------------------------------------------------------------------------


def tcl_seconds(where, script):
    """CPU seconds of one tclsh with the script, and what it printed."""
    tclsh, path = program("tclsh"), os.path.join(where, "script.tcl")
    with open(path, "w") as f:
        f.write(script)
    library = unpacked("usr/share/tcltk/tcl8*") if tclsh.startswith(tree.UNPACKED) else []
    env = dict(os.environ, **{"TCL_LIBRARY": folder for folder in library[:1]})
    process = subprocess.Popen([tclsh, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=env)
    printed = process.stdout.read().decode()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed("tclsh ended with status %d" % process.returncode)
    return usage.ru_utime + usage.ru_stime, printed
