"""The benchmarks: prints a table and writes build/bench.json. Nothing here passes or fails by the clock: targets stand beside
what was measured. What must hold on every machine (every message matched exactly once, nothing lost) does end it with 1.

    bench.py [--only NAME]...

Every measure is a function below; peers.py runs the programs that stand side by side. All run against build/eventd as `make`
built it, on loopback.
"""

import argparse
import json
import os
import platform
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import capture  # noqa: E402
import mail  # noqa: E402
import peers  # noqa: E402
import sla  # noqa: E402
import tree  # noqa: E402
from daemon import Daemon  # noqa: E402

MIB = 1024  # KiB
APPLETS = 100  # of the measures that need some
WAITING = 10000
IDLE_SECONDS = 20
REACTIONS, REACTION_INTERVAL_US = 3000, 3000
LOAD_APPLETS, LINES_PER_APPLET = 10000, 5
STREAMS = ((1, 400000), (100, 400000), (1000, 400000))  # patterns, lines
SIDE_BY_SIDE = ((100, 400000), (1000, 400000))  # rules, lines at most
FLOOD_CONNECTIONS, FLOOD_RATE, FLOOD_SECONDS = 1000, 100000, 10
INTAKE_LINES = 400000
TURNS, STEPS_PER_TURN = 1000000, 5  # of the loop: while, add, set, increment, end
LUA_RUNS, LUA_INTERVAL_US = 200, 25000
CORPUS = "tests/bench/workload.h, seed 1"

LOOP = [" action 01 set _i 0", " action 02 set _j 0", " action 03 while $_i lt %d" % TURNS, " action 04  add $_j 3",
        ' action 05  set _j "$_result"', " action 06  increment _i", " action 07 end", ' action 08 puts "j=$_j"']
TCL_LOOP = """set i 0
set j 0
while {$i < %d} {
	set result [expr {$j + 3}]
	set j $result
	incr i
}
puts "j=$j"
""" % TURNS


class Broken(Exception):
    """Something other than speed is wrong."""


# The daemon and its numbers --------------------------------------------------------------------------------------------------


class PipedDaemon(Daemon):
    """Its console is a pipe that somebody else can read on."""

    def __init__(self, directory, **how):
        super().__init__(directory, **how)
        os.mkfifo(self.stderr)
        self.console, self.read_so_far = os.open(self.stderr, os.O_RDONLY | os.O_NONBLOCK), b""

    def log(self):
        try:
            while True:
                piece = os.read(self.console, 65536)
                if not piece:
                    break
                self.read_so_far += piece
        except BlockingIOError:
            pass
        return self.read_so_far.decode(errors="replace")


def resident_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"^VmRSS:\s+(\d+) kB", f.read(), re.M).group(1))


def cpu_seconds(pid):
    """Of all threads, as the scheduler counted it (nanoseconds, not ticks)."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total / 1e9


def cpu_of_tree(pid):
    return cpu_seconds(pid) + sum(cpu_of_tree(int(child)) for child in children(pid))


def tool(name, *arguments, stdin=None):
    done = subprocess.run([os.path.join(tree.BUILD, "tests/bench", name), *map(str, arguments)], stdin=stdin, capture_output=True,
                          text=True, timeout=200)
    if done.returncode:
        raise Broken("%s %s: status %d\n%s%s" % (name, " ".join(map(str, arguments)), done.returncode, done.stdout, done.stderr))
    return done.stdout


def applets(patterns, action):
    """One applet for each pattern of the workload."""
    for i, pattern in enumerate(patterns):
        yield "event manager applet BENCH%d" % i
        yield ' event syslog pattern "%s"' % pattern
        yield " action 1.0 %s" % action


def listening(directory, kind):
    port = tree.free_port(kind=socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    url = "unix://%s/log" % directory if kind == "unix" else "%s://127.0.0.1:%d" % (kind, port)
    return {"hostname": "r1", "syslog": {"listen": [url]}}, port


# The measures -----------------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, directory):
        self.directory, self.rows, self.matching = directory, [], []

    def row(self, name, value, unit, target, how, corpus, met=None, **more):
        """`target` is words; `met` whether it is: None where nothing is asked for."""
        self.rows.append(dict(name=name, value=value, unit=unit, target=target, met=met, how=how, corpus=corpus, **more))
        print("  %-46s %10s %-9s %-26s %s" % (name, number(value), unit, target, {True: "met", False: "NOT MET", None: ""}[met]),
              flush=True)

    def place(self, name):
        path = os.path.join(self.directory, name)
        os.mkdir(path)
        return path

    def reaction(self):
        where = self.place("reaction")
        settings, port = listening(where, "udp")
        config = applets(tool("lines", "patterns", APPLETS).splitlines(), 'syslog msg "sequence=$_syslog_sequence;"')
        with PipedDaemon(where, config=config, settings=settings) as d:
            took = json.loads(tool("react", port, APPLETS, REACTIONS, REACTION_INTERVAL_US, stdin=d.console))
        how = ("%d datagrams, one each %d ms, each matched by one of %d applets; from before send() to having read, through a pipe, "
               "the console line of the first action (`syslog`): later than its time stamp by a write and a wake-up, and every "
               "stamp was seen to lie between the two clocks" % (REACTIONS, REACTION_INTERVAL_US // 1000, APPLETS))
        self.row("datagram to first action, median", took["p50_us"] / 1e3, "ms", "", how, CORPUS, detail=took)
        self.row("datagram to first action, 99 %", took["p99_us"] / 1e3, "ms", "< 5 (1 is the aim)", how, CORPUS,
                 took["p99_us"] < 5000)

    def waiting(self):
        where = self.place("waiting")
        settings, _ = listening(where, "unix")
        config = ["event manager scheduler applet thread class default number %d" % WAITING, "event manager applet WAIT",
                  ' event syslog pattern "%BENCH-5-WAIT" maxrun 0', " action 1.0 wait 100000", ' action 2.0 puts "late"']
        d = Daemon(where, config=config, settings=settings).start()
        try:
            before, started = resident_kib(d.pid), cpu_seconds(d.pid)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.connect(where + "/log")
                for i in range(WAITING):
                    s.send(b"<189>%d: *Mar  1 18:46:11.123: %%BENCH-5-WAIT: %d of many begins to wait" % (i, i))
            if not tree.wait_for(lambda: running(d) == WAITING, 30, every=0.2):
                raise Broken("%d of %d runs wait" % (running(d), WAITING))
            spent = cpu_seconds(d.pid) - started
            how = ("growth of VmRSS; each run holds a slot, its own event and a timer; `wait 100000`, maxrun 0, %.0f us of CPU "
                   "to start each" % (spent / WAITING * 1e6))
            grown = (resident_kib(d.pid) - before) / MIB
            self.row("%d runs in `wait`, memory" % WAITING, grown, "MiB", "< 20", how, "one message, numbered", grown < 20)
        finally:
            d.kill()  # SIGTERM would give the runs their ten seconds

    def loading(self):
        where = self.place("loading")
        patterns = tool("lines", "patterns", LOAD_APPLETS).splitlines()
        corpus = "%d applets of %d lines, patterns of %s" % (LOAD_APPLETS, LINES_PER_APPLET, CORPUS)
        config = []
        for i, pattern in enumerate(patterns):
            config += ["event manager applet BENCH%d" % i, ' event syslog pattern "%s"' % pattern, ' action 1.0 set _n "%d"' % i,
                       ' action 2.0 append _n "$_syslog_mnemonic"', ' action 3.0 syslog msg "$_n seen"']
        path = os.path.join(where, "config")
        with open(path, "w") as f:
            f.write("\n".join(config) + "\n")
        cost = json.loads(tool("load", path))
        how = "one thread's CPU: all lines parsed and checked into a candidate (tests/bench/load.c)"
        self.row("parsing %d lines" % cost["lines"], cost["parse_ms"] / 1e3, "s", "< 1", how, corpus, cost["parse_ms"] < 1000,
                 detail=cost)
        self.row("committing them", cost["commit_ms"] / 1e3, "s", "", "the same with a commit, less the parsing: programs compiled, "
                 "events armed; machine code of a pattern is made when it is first tried", corpus)
        settings, _ = listening(where, "udp")
        started = time.monotonic()
        with Daemon(os.path.join(where, "daemon"), config=config, settings=settings) as d:
            ready = time.monotonic() - started
            self.row("eventd ready with %d applets" % LOAD_APPLETS, ready, "s", "< 2", "from exec to `eventd ready`", corpus, ready < 2)
            memory = resident_kib(d.pid) / MIB
            self.row("its memory", memory, "MiB", "< 100", "VmRSS when ready", corpus, memory < 100)

    def idle(self):
        where = self.place("idle")
        settings, _ = listening(where, "udp")
        config = applets(tool("lines", "patterns", APPLETS).splitlines(), 'syslog msg "seen"')
        with Daemon(where, config=config, settings=settings) as d:
            tree.wait_for(lambda: False, 0.5)
            before = cpu_seconds(d.pid)
            tree.wait_for(lambda: False, IDLE_SECONDS, every=1)
            percent = (cpu_seconds(d.pid) - before) / IDLE_SECONDS * 100
            memory = resident_kib(d.pid) / MIB
            helpers = children(d.pid)
        if helpers:
            raise Broken("the idle engine has helpers: %s" % helpers)
        corpus = "%d applets, a UDP listener, no helper" % APPLETS
        self.row("idle, CPU", percent, "%", "< 0.1", "schedstat of all threads over %d s" % IDLE_SECONDS, corpus, percent < 0.1)
        self.row("idle, memory", memory, "MiB", "< 20", "VmRSS", corpus, memory < 20)

    def sla(self):
        sla.ten_thousand(self, cpu_of_tree, resident_kib, children, MIB)

    def match(self):
        self.matching = [json.loads(line) for line in tool("match", "--json").splitlines()]
        how = "tests/bench/match.c, in memory: the match set against the same patterns tried one after the other with PCRE2-JIT"
        for m in self.matching:
            self.row("matching, %d patterns" % m["patterns"], m["scan_ns"], "ns/line", "%.1f x in turn" % m["ratio"], how, CORPUS,
                     detail=m)

    def steps(self):
        costs = {r["step"]: r["ns"] for r in map(json.loads, tool("steps").splitlines())}
        corpus = "%d kinds of steps; the text is 26 characters long" % len(costs)
        how = "tests/bench/steps.c: CPU of loops with ten of the step, less the loop without; median of 31 loops of 2000 turns"
        median, dearest = sorted(costs.values())[len(costs) // 2], max(costs, key=costs.get)
        self.row("a step without I/O, median of the kinds", median, "ns", "< 200", how, corpus, median < 200, detail=costs)
        self.row("the dearest of them", costs[dearest], "ns", "", how, corpus, detail=dearest)

    def stream(self):
        for patterns, count in STREAMS:
            where = self.place("stream%d" % patterns)
            settings, port = listening(where, "tcp")
            config = list(applets(tool("lines", "patterns", patterns).splitlines(), 'syslog msg "one hit"'))
            config += ["event manager applet DONE", ' event syslog pattern "%BENCH-0-DONE"', ' action 1.0 syslog msg "all done"']
            octets = tool("lines", "messages", patterns, count).encode() + b"<184>%BENCH-0-DONE: end\n"
            expected = int(tool("lines", "expect", patterns, count))
            with Daemon(where, config=config, settings=settings) as d:
                before, started = cpu_seconds(d.pid), time.monotonic()
                with socket.create_connection(("127.0.0.1", port)) as s:
                    s.sendall(octets)
                    if not tree.wait_for(lambda: ends_with(d.stderr, "DONE: all done\n"), 60):
                        raise Broken("%d patterns: the last line was never acted upon\n%s" % (patterns, d.log()[-2000:]))
                spent, took = cpu_seconds(d.pid) - before, time.monotonic() - started
                hits = d.log().count(": one hit\n")
            if hits != expected:
                raise Broken("%d patterns: %d of %d matches were acted upon" % (patterns, hits, expected))
            rate = count / spent
            bare = next((m["scan_ns"] + m["parse_ns"] for m in self.matching if m["patterns"] == patterns), None)
            beside = "%.2f x bare matching" % (rate * bare / 1e9) if bare else ""
            self.row("stream, %d applets" % patterns, rate / 1e3, "klines/s", beside,
                     "%d lines over one TCP connection / CPU seconds of the whole daemon; one in a hundred runs an applet whose "
                     "action logs a line, and every one was counted; bare matching is parsing and scanning alone "
                     "(tests/bench/match.c)" % count, CORPUS, detail={"wall_s": took, "cpu_s": spent, "hits": hits})


    def received(self, d, scheme):
        return next(entry for entry in d.json("show logging received")["listeners"] if entry["url"].startswith(scheme))

    def flood(self):
        where = self.place("flood")
        udp, tcp = tree.free_port(kind=socket.SOCK_DGRAM), tree.free_port()
        settings = {"syslog": {"listen": ["udp://127.0.0.1:%d" % udp, "tcp://127.0.0.1:%d" % tcp]}}
        config = applets(tool("lines", "patterns", APPLETS).splitlines(), 'increment _seen')
        with Daemon(where, config=config, settings=settings) as d:
            before, answers = cpu_seconds(d.pid), []
            sender = subprocess.Popen([os.path.join(tree.BUILD, "tests/bench", "flood")] + [str(a) for a in (
                udp, tcp, FLOOD_CONNECTIONS, FLOOD_RATE, FLOOD_SECONDS, APPLETS)], stdout=subprocess.PIPE)
            while sender.poll() is None:
                started = time.monotonic()
                d.show("show clock")
                answers.append(time.monotonic() - started)
                time.sleep(0.1)
            sent = json.loads(sender.stdout.read())
            if not tree.wait_for(lambda: self.received(d, "tcp")["messages"] == sent["tcp"], 30) or not tree.wait_for(
                    lambda: self.received(d, "udp")["messages"] + self.received(d, "udp")["lost"] == sent["udp"], 30):
                raise Broken("sent %s, counted %s and %s" % (sent, self.received(d, "udp"), self.received(d, "tcp")))
            spent, lost, memory = cpu_seconds(d.pid) - before, self.received(d, "udp")["lost"], resident_kib(d.pid)
        how = ("%d datagrams a second for %d s and %d TCP connections that say a line a second, against %d applets; sent = received + "
               "counted as lost, to the message; `show clock` meanwhile, with the start of its eventctl" % (
                   FLOOD_RATE, FLOOD_SECONDS, FLOOD_CONNECTIONS, APPLETS))
        taken = (sent["udp"] - lost + sent["tcp"]) / FLOOD_SECONDS
        self.row("flood, lines matched a second", taken / 1e3, "klines/s", ">= 50", how, CORPUS, taken >= 50000,
                 detail=dict(sent, lost=lost, cpu_s=spent))
        self.row("flood, lost of a thousand datagrams", 1000 * lost / sent["udp"], "", "", how, CORPUS)
        self.row("flood, a command's answer, slowest", max(answers) * 1e3, "ms", "<= 300", how, CORPUS, max(answers) <= 0.3)
        self.row("flood, memory", memory / MIB, "MiB", "<= 256", how, CORPUS, memory <= 256 * MIB)

    def intake(self):
        """The same lines through each way in: CPU of the daemon and of the helper that reads."""
        octets = tool("lines", "messages", APPLETS, INTAKE_LINES).encode()
        for way in ("file", "tls"):
            where = self.place("intake-" + way)
            log = os.path.join(where, "lines.log")
            config = list(applets(tool("lines", "patterns", APPLETS).splitlines(), 'increment _seen'))
            settings = {"syslog": {"files": [log]} if way == "file" else {"listen": [{"url": "tls://127.0.0.1:0", "identity": "ME"}]}}
            with Daemon(where, config=config, settings=settings) as d:
                scheme, peer = ("files", None) if way == "file" else ("tls", self.tls_peer(d, where))
                tree.wait_for(lambda: os.path.isdir(os.path.join(d.state, "positions")) or way == "tls")
                before, started = cpu_of_tree(d.pid), time.monotonic()
                if way == "file":
                    with open(log + ".new", "wb") as f:
                        f.write(octets)
                    os.rename(log + ".new", log)
                else:
                    peer.sendall(octets)
                if not tree.wait_for(lambda: self.received(d, scheme)["messages"] >= INTAKE_LINES, 60, every=0.05):
                    raise Broken("%s: %s of %d lines" % (way, self.received(d, scheme), INTAKE_LINES))
                spent, took, got = cpu_of_tree(d.pid) - before, time.monotonic() - started, self.received(d, scheme)
                if peer:
                    peer.close()
            if got["messages"] != INTAKE_LINES:
                raise Broken("%s: %s of %d lines" % (way, got, INTAKE_LINES))
            self.row("lines through a %s" % {"file": "file", "tls": "TLS connection"}[way], INTAKE_LINES / spent / 1e3, "klines/s", "",
                     "%d lines / CPU seconds of the daemon and its helper, against %d applets; every line counted" % (INTAKE_LINES, APPLETS),
                     CORPUS, detail={"wall_s": took, "cpu_s": spent})

    def tls_peer(self, d, where):
        """A connection to the daemon's TLS listener, which is given its certificate."""
        from pki import Pki
        pki = Pki(os.path.join(where, "pki"), host="127.0.0.1")
        pki.leaf("me", host="127.0.0.1", names=["127.0.0.1"])
        os.makedirs(os.path.join(d.state, "flash"), exist_ok=True)
        with open(os.path.join(d.state, "flash", "me"), "wb") as out:
            for part in ("me-key.pem", "me-chain.pem"):
                with open(pki.path(part), "rb") as f:
                    out.write(f.read())
        d.ctl("crypto pki import ME pem url flash:me password none")
        port = int(d.wait_log(r"Receiving messages on tls://127\.0\.0\.1:(\d+)").group(1))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(pki.path("root.pem"))
        return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1")

    def lua(self):
        where = self.place("lua")
        settings, port = listening(where, "udp")
        policies = os.path.join(where, "policies")
        os.mkdir(policies, mode=0o755)
        with open(os.path.join(policies, "react.lua"), "w") as f:
            f.write('eem.register{ "syslog", pattern = [[%s]] }\neem.syslog("sequence=" .. eem.event().sequence .. ";")\n'
                    % tool("lines", "patterns", 1).strip())
        config = ["event manager directory user policy " + policies, "event manager policy react.lua"]
        with PipedDaemon(os.path.join(where, "daemon"), config=config, settings=settings) as d:
            took = json.loads(tool("react", port, 1, LUA_RUNS, LUA_INTERVAL_US, stdin=d.console))
        how = ("%d datagrams, one each %d ms, each starting one run, a process of its own; from before send() to having read the "
               "console line of its first action (`eem.syslog`)" % (LUA_RUNS, LUA_INTERVAL_US // 1000))
        self.row("Lua run, event to first action, median", took["p50_us"] / 1e3, "ms", "< 5", how, CORPUS, took["p50_us"] < 5000,
                 detail=took)
        self.row("Lua run, event to first action, 99 %", took["p99_us"] / 1e3, "ms", "", how, CORPUS)

    def loop(self):
        where, expected = self.place("loop"), "j=%d\n" % (3 * TURNS)
        corpus = "`while $_i lt %d`, `add $_j 3`, `set _j $_result`, `increment _i`, `end`; the same in Tcl" % TURNS
        with Daemon(where, config=["event manager applet LOOP", " event none sync yes maxrun 120"] + LOOP) as d:
            before = cpu_seconds(d.pid)
            answer = d.run("LOOP", timeout=120)
            ours = cpu_seconds(d.pid) - before
        if answer.out != expected:
            raise Broken("the loop of the applet ended with %r%r" % (answer.out, answer.err))
        ns = ours / (TURNS * STEPS_PER_TURN) * 1e9
        how = "CPU seconds of the whole daemon; %d steps a turn" % STEPS_PER_TURN
        self.row("applet, loop of %d turns" % TURNS, ours, "s", "", how, corpus)
        self.row("one action step", ns, "ns", "< 200", how, corpus, ns < 200)
        how = "CPU seconds of tclsh less those of one with an empty script; speed of the applet / speed of tclsh"
        for name, script in (("at top level", TCL_LOOP), ("in a proc (bytecode)", "proc loop {} {\n%s}\nloop\n" % TCL_LOOP)):
            title = "tclsh, the same loop %s" % name
            try:
                empty, _ = peers.tcl_seconds(where, "")
                theirs, printed = peers.tcl_seconds(where, script)
            except peers.Absent as e:
                self.absent(title, e, how, corpus)
                continue
            if printed != expected:
                raise Broken("tclsh ended with %r" % printed)
            ratio = (theirs - empty) / ours
            self.row(title, theirs - empty, "s", "eventd: %.2f x its speed" % ratio, how, corpus, ratio=ratio)

    def peers(self):
        wrong = []
        for rules, count in SIDE_BY_SIDE:
            patterns = tool("lines", "patterns", rules).splitlines()
            lines = tool("lines", "messages", rules, count).encode().splitlines(keepends=True)
            ours = self.side_by_side("eventd", rules, patterns, lines, None)
            for name in peers.PEERS:
                try:
                    self.side_by_side(name, rules, patterns, lines, ours)
                except peers.Failed as e:
                    wrong.append("%d rules: %s" % (rules, e))
        if wrong:
            raise Broken("\n".join(wrong))

    def side_by_side(self, name, rules, patterns, lines, ours):
        """One cell; returns its lines a CPU second."""
        title = "%s, %d rules" % (name, rules)
        rule = peers.PEERS[name][3] if ours else "over TCP, an applet with one action a rule"
        how = ("%s; lines / CPU seconds of all its processes, held to one processor, the sender to another; one line in a hundred is "
               "matched and written to a file, and all matches were counted; lines in growing portions, the first one left out" % rule)
        where = self.place("%s-%d" % (name, rules))
        try:
            with peers.running(peers.Peer(name, where, patterns) if ours else peers.Eventd(where, patterns)) as subject:
                got = peers.throughput(subject, lines, lambda n: int(tool("lines", "expect", rules, n)), cpu_of_tree)
        except peers.Absent as e:
            return self.absent(title, e, how, CORPUS)
        rate = got["lines_per_cpu_s"]
        ratio = ours / rate if ours else None
        beside = "eventd: %s x its speed" % number(ratio) if ratio else ""
        self.row(title, rate / 1e3, "klines/s", beside, how, CORPUS, ratio=ratio, detail=got)
        return rate

    def mail(self):
        mail.acceptance(self, self.place("accept"))
        mail.delivery(self, self.place("deliver"))
        mail.start(self, self.place("start"))

    def capture(self):
        config = applets(tool("lines", "patterns", APPLETS).splitlines(), 'syslog msg "sequence=$_syslog_sequence;"')
        try:
            capture.measure(self, self.place("capture"), PipedDaemon, listening, config, APPLETS)
        except capture.Absent as e:
            self.absent("packets captured", str(e), "a veth in a namespace", "one frame")

    def absent(self, name, why, how, corpus):
        self.row(name, None, "", "not measured: %s" % why, how, corpus)


def number(v):
    if v is None:
        return "-"
    return "%d" % v if v >= 1000 else "%.3g" % v


def running(d):
    return sum(row["running"] for row in d.json("show event manager scheduler thread")["schedulers"])


def children(pid):
    found = []
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task)) as f:
            found += f.read().split()
    return found


def ends_with(path, text):
    with open(path, "rb") as f:
        f.seek(0, os.SEEK_END)
        f.seek(max(0, f.tell() - len(text)))
        return f.read().decode(errors="replace") == text


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"^model name\s*:\s*(.*)$", f.read(), re.M)
    return {"processors": os.cpu_count(), "model": model.group(1) if model else platform.machine(), "kernel": platform.release(),
            "load_before": os.getloadavg()[0]}


MEASURES = ("reaction", "lua", "waiting", "loading", "idle", "steps", "match", "stream", "flood", "intake", "peers", "loop", "mail", "sla",
            "capture")  # stream compares with match


def main():
    p = argparse.ArgumentParser(description="Measures eventd; writes build/bench.json.")
    p.add_argument("--only", action="append", choices=MEASURES, help="this measure (may repeat)")
    args = p.parse_args()
    directory = tempfile.mkdtemp(prefix="eventd-bench-")
    about, broken = machine(), []
    print("eventd, release build, %(processors)d x %(model)s, Linux %(kernel)s, load %(load_before).1f" % about)
    print("  %-46s %10s %-9s %s" % ("measure", "measured", "unit", "target, or beside what"))
    bench = Bench(directory)
    try:
        for name in MEASURES:
            if not args.only or name in args.only:
                try:
                    getattr(bench, name)()
                except (Broken, peers.Failed, AssertionError) as e:
                    broken.append("%s: %s" % (name, e))
                    print("  %s is BROKEN: %s" % (name, e), flush=True)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    for how in dict.fromkeys((r["how"], r["corpus"]) for r in bench.rows):
        names = [r["name"] for r in bench.rows if (r["how"], r["corpus"]) == how]
        print("\n%s:\n  how: %s\n  corpus: %s" % ("; ".join(names), *how))
    path = os.path.join(tree.BUILD, "bench.json")
    with open(path, "w") as f:
        json.dump({"schema_version": 1, "machine": about, "measures": bench.rows, "matching": bench.matching, "broken": broken}, f,
                  indent=2)
        f.write("\n")
    print("\nwritten: %s" % os.path.relpath(path))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
