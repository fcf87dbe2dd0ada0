"""What IP SLA is measured by: ten thousand operations every 60 s, on loopback, against a responder that is another eventd. bench.py
calls these; `bench` is its table."""

import time

import tree
from daemon import Daemon

OPERATIONS, FREQUENCY, ROUNDS = 10000, 60, 2
KINDS = ("icmp-echo 127.0.0.1", "udp-echo 127.0.0.1 %(udp)d control disable", "tcp-connect 127.0.0.1 %(tcp)d control disable")


def configuration(ports):
    """All begin at once, and are due at once ever after: the worst case."""
    for n in range(1, OPERATIONS + 1):
        yield "ip sla %d" % n
        yield " " + KINDS[n % len(KINDS)] % ports
        yield " timeout 5000"
        yield " frequency %d" % FREQUENCY
    for n in range(1, OPERATIONS + 1):
        yield "ip sla schedule %d life forever start-time now" % n


def sums(d):
    rows = d.json("show ip sla statistics")["operations"]
    return (sum(r["successes"] for r in rows), sum(r["failures"] for r in rows), min(r["successes"] + r["failures"] for r in rows),
            max(r["rtt_max"] for r in rows))


def ten_thousand(bench, cpu_of_tree, resident_kib, children, mib):
    there, here = bench.place("sla-responder"), bench.place("sla")
    ports = {"udp": tree.free_port(), "tcp": tree.free_port()}
    how = "two eventds on loopback; schedstat and VmRSS of the sender's engine and eventd-probe over %d rounds" % ROUNDS
    corpus = "%d operations every %d s, all due in the same second: icmp-echo, udp-echo, tcp-connect" % (OPERATIONS, FREQUENCY)
    with Daemon(there, config=["ip sla responder udp-echo ipaddress 127.0.0.1 port %(udp)d" % ports,
                               "ip sla responder tcp-connect ipaddress 127.0.0.1 port %(tcp)d" % ports]) as responder:
        assert tree.wait_for(lambda: len(responder.json("show ip sla responder")["ports"]) == 2)
        sender, began = Daemon(here, config=list(configuration(ports))), time.monotonic()
        sender.start(120)
        try:
            loading = time.monotonic() - began
            assert tree.wait_for(lambda: sums(sender)[2] >= 1, 60)
            # From the middle between two rounds to the middle between two others.
            tree.wait_for(lambda: False, FREQUENCY / 2, every=1)
            before, done, started = cpu_of_tree(sender.pid), sums(sender), time.monotonic()
            tree.wait_for(lambda: False, FREQUENCY * ROUNDS, every=5)
            cpu, end = cpu_of_tree(sender.pid) - before, time.monotonic()
            good, bad, least, longest = sums(sender)
            memory = resident_kib(sender.pid) + sum(resident_kib(int(c)) for c in children(sender.pid))
            shown = time.monotonic()
            sender.show("show ip sla summary")
            shown = time.monotonic() - shown
        finally:
            sender.stop()
    runs, expected = good + bad - done[0] - done[1], OPERATIONS * ROUNDS
    percent = cpu / (end - started) * 100
    bench.row("IP SLA, CPU of one core", percent, "%", "< 100", how, corpus, percent < 100)
    bench.row("IP SLA, runs of those due", runs / expected * 100, "%", "100", how, corpus, runs == expected)
    bench.row("IP SLA, runs that failed", bad, "runs", "0", how, corpus, bad == 0)
    bench.row("IP SLA, longest round trip", longest, "ms", "", how, corpus)
    bench.row("IP SLA, memory", memory / mib, "MiB", "", how, corpus)
    bench.row("IP SLA, start with the configuration", loading, "s", "", how, corpus)
    bench.row("IP SLA, show ip sla summary", shown * 1000, "ms", "", how, corpus)
