"""What packet capture is measured by: 100,000 packets a second on a veth, whether they are all kept, and what the engine's
reaction to a message takes meanwhile. bench.py calls this; `bench` is its table."""

import json
import os
import subprocess

import tree
from netns import Namespace, Unavailable, program_ip

PPS = 100000
REACTIONS, INTERVAL_US = 2000, 3000
FRAME = 100


class Absent(Exception):
    """No namespaces here."""


def inside(ns, name, *arguments):
    return [program_ip(), "netns", "exec", ns.name, os.path.join(tree.BUILD, "tests/bench", name), *map(str, arguments)]


def react(ns, d, port, patterns):
    done = subprocess.run(inside(ns, "react", port, patterns, REACTIONS, INTERVAL_US), stdin=d.console, capture_output=True, text=True,
                          timeout=120, check=True)
    return json.loads(done.stdout)


def flood_and_react(ns, d, port, patterns):
    """The reactions while a flood goes on that lasts longer than they do."""
    seconds = REACTIONS * INTERVAL_US / 1e6 + 2
    flood = subprocess.Popen(inside(ns, "frames", "eth0", PPS, int(seconds * 1000), FRAME), stdout=subprocess.PIPE, text=True)
    took = react(ns, d, port, patterns)
    return took, json.loads(flood.communicate(timeout=60)[0])


def measure(bench, where, piped, listening, applets, patterns):
    settings, port = listening(where, "udp")
    try:
        with Namespace() as ns, piped(where, config=applets, settings=settings, netns=ns.name) as d:
            run(bench, ns, d, port, patterns)
    except Unavailable as e:
        raise Absent(str(e))


def run(bench, ns, d, port, patterns):
    quiet = react(ns, d, port, patterns)
    unwatched, _ = flood_and_react(ns, d, port, patterns)
    answer = d.ctl("monitor capture CAP interface peer0 in match any buffer circular size 50 limit pps 1000000", "monitor capture CAP start")
    if answer.code:
        raise AssertionError(answer.out)
    watched, flood = flood_and_react(ns, d, port, patterns)
    d.ctl("monitor capture CAP stop")
    counted = d.json("show monitor capture CAP capture-statistics")
    rate = flood["sent"] / flood["seconds"]
    lost = counted["packets_dropped"]
    how = ("frames of %d octets sent with sendmmsg() into one end of a veth, captured at the other into a circular buffer of 50 MB, while "
           "%d messages, one each %d ms, are each answered by an applet; the flood alone, without a capture, beside it"
           % (FRAME, REACTIONS, INTERVAL_US // 1000))
    detail = dict(flood=flood, counted=counted, quiet=quiet, flooded=unwatched, captured=watched)
    bench.row("packets captured", counted["packets_received"] / flood["seconds"] / 1e3, "kpps", ">= 100 of as many sent", how, "one frame",
              counted["packets_received"] >= 0.999 * flood["sent"] and rate >= 0.95 * PPS, detail=detail)
    bench.row("packets lost of them", 100.0 * lost / max(1, counted["packets_received"] + lost), "%", "none", how, "one frame", lost == 0)
    for name, took in (("quiet", quiet), ("flood, no capture", unwatched), ("flood and capture", watched)):
        bench.row("datagram to first action, 99 %%, %s" % name, took["p99_us"] / 1e3, "ms", "< 5" if took is watched else "", how, "one frame",
                  took["p99_us"] < 5000 if took is watched else None)
