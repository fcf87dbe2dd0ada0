"""What applets ask the device: its processes, routes, neighbours and file systems, in IOS's layouts and as the kernel has them."""

import os
import re
import subprocess
import sys

import pytest

import tree


# ---- processes -----------------------------------------------------------------------------------------------------------

CPU_HEAD = r"CPU utilization for five seconds: (\d+)%/\d+%; one minute: \d+%; five minutes: \d+%\n" \
           r" PID Runtime\(ms\)     Invoked      uSecs   5Sec   1Min   5Min TTY Process\n"


@pytest.fixture
def busy():
    """A process that takes what a processor has."""
    with subprocess.Popen([sys.executable, "-c", "print(1, flush=True)\nwhile True: pass"], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_the_busiest_process_comes_first(daemon, busy):
    text = daemon.show("show processes cpu sorted")
    assert re.match(CPU_HEAD, text), text[:300]
    rows = daemon.json("show processes cpu sorted")["processes"]
    mine = next(row for row in rows if row["pid"] == busy)
    assert mine["five_seconds"] > 0 and mine["runtime_ms"] > 0
    assert [row["five_seconds"] for row in rows] == sorted((row["five_seconds"] for row in rows), reverse=True)
    assert re.search(r"^ *%d +\d+ +\d+ +\d+ +\d+\.\d\d%% +\d+\.\d\d%% +\d+\.\d\d%% +0 python" % busy,
                     daemon.show("show processes cpu sorted | exclude 0.00"), re.M)
    assert re.search(r"^ *%d " % busy, daemon.show("show processes cpu sorted 1min"), re.M)


def test_every_process_is_there_in_order(daemon):
    rows = daemon.json("show processes cpu")["processes"]
    pids = [row["pid"] for row in rows]
    assert pids == sorted(pids) and {os.getpid(), daemon.pid, 1} <= set(pids)
    # One that has come since is there as well.
    with subprocess.Popen(["sleep", "100"]) as late:
        assert next(row for row in daemon.json("show processes cpu")["processes"] if row["pid"] == late.pid)["process"] == "sleep"
        late.kill()
    assert late.pid not in {row["pid"] for row in daemon.json("show processes cpu")["processes"]}


def test_memory_is_that_of_the_kernel(daemon):
    with open("/proc/meminfo") as f:
        total = int(re.search(r"MemTotal: +(\d+)", f.read()).group(1)) * 1024
    document = daemon.json("show processes memory sorted")
    assert document["total"] == total and 0 < document["used"] < total and document["used"] + document["free"] == total
    held = [row["holding"] for row in document["processes"]]
    assert held == sorted(held, reverse=True)
    with open("/proc/%d/statm" % daemon.pid) as f:
        resident = int(f.read().split()[1]) * os.sysconf("SC_PAGESIZE")
    mine = next(row for row in document["processes"] if row["pid"] == daemon.pid)
    assert resident / 2 < mine["holding"] < resident * 2
    text = daemon.show("show processes memory")
    assert text.startswith("Processor Pool Total: %10d Used: " % total)
    assert "\n PID TTY  Allocated      Freed    Holding    Getbufs    Retbufs Process\n" in text


def test_processes_refuse_what_they_do_not_know(daemon):
    for command, hint in (("show processes cpu unsorted", "'sorted'"), ("show processes memory sorted 1min", "")):
        refused = daemon.ctl(command)
        assert refused.code == 1 and "% Invalid input detected at '^' marker." in refused.out and hint in refused.out
